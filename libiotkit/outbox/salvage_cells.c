/* SPDX-License-Identifier: MIT
 *
 * Source: sqlite.org/fileformat2.html, sections 1.6 (pages), 1.7 (long rows) and 2.1
 * (records). Nothing in a page is believed before it is checked.
 */
#include "outbox/salvage_cells.h"

#include <stdlib.h>
#include <string.h>

enum {
	LEAF_TABLE = 0x0d,
	LEAF_INDEX = 0x0a,
	INNER_INDEX = 0x02, /* has rows too, unlike that of a table */
	PAGE_HEADER = 8,
	COUNT_AT = 3,
	LINK = 4, /* to the page with the rest of a long row, or with the rows before */
	REST_SIZE = SCHEMA_PAGE_SIZE - LINK,
	VARINT_MAX = 9
};

void row_space_free(struct row_space *space)
{
	free(space->bytes);
	*space = (struct row_space){0};
}

static size_t two_bytes(const unsigned char *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

size_t cells_count(const unsigned char page[SCHEMA_PAGE_SIZE])
{
	size_t count = two_bytes(page + COUNT_AT);

	if (page[0] != LEAF_TABLE && page[0] != LEAF_INDEX && page[0] != INNER_INDEX)
		return 0;
	return count <= (SCHEMA_PAGE_SIZE - PAGE_HEADER) / 2 ? count : 0;
}

bool cells_are_of_table(const unsigned char page[SCHEMA_PAGE_SIZE])
{
	return page[0] == LEAF_TABLE;
}

/* ---- A row's bytes ---- */

struct cursor {
	const unsigned char *at;
	const unsigned char *end;
};

static bool read_varint(struct cursor *cursor, uint64_t *out)
{
	uint64_t number = 0;

	for (int i = 1; cursor->at < cursor->end; i++) {
		unsigned char byte = *cursor->at++;
		if (i == VARINT_MAX) {
			*out = number << 8 | byte;
			return true;
		}
		number = number << 7 | (byte & 0x7f);
		if ((byte & 0x80) == 0) {
			*out = number;
			return true;
		}
	}
	return false;
}

/* How much of a row of this size is on its own page. */
static size_t local_size(size_t size, bool is_index)
{
	const size_t max =
		is_index ? (SCHEMA_PAGE_SIZE - 12) * 64 / 255 - 23 : SCHEMA_PAGE_SIZE - 35;
	const size_t min = (SCHEMA_PAGE_SIZE - 12) * 32 / 255 - 23;

	if (size <= max)
		return size;
	size_t part = min + (size - min) % REST_SIZE;
	return part <= max ? part : min;
}

static bool grow(struct row_space *space, size_t size)
{
	if (size <= space->capacity)
		return true;
	unsigned char *bytes = realloc(space->bytes, size);
	if (bytes == NULL) {
		space->is_short = true;
		return false;
	}
	space->bytes = bytes;
	space->capacity = size;
	return true;
}

static bool read_rest(const struct pages *pages, uint32_t next, unsigned char *bytes, size_t size)
{
	unsigned char page[SCHEMA_PAGE_SIZE];

	while (size > 0) {
		size_t part = size < REST_SIZE ? size : REST_SIZE;
		if (!pages_read(pages, next, page))
			return false;
		memcpy(bytes, page + LINK, part);
		next = pages_number(page);
		bytes += part;
		size -= part;
	}
	return true;
}

static bool read_bytes(const struct pages *pages, struct cursor *cursor, bool is_index,
		       struct row_space *space, size_t size)
{
	size_t local = local_size(size, is_index);
	size_t there = (size_t)(cursor->end - cursor->at);

	if (there < local || (local < size && there < local + LINK) || !grow(space, size))
		return false;
	if (local > 0)
		memcpy(space->bytes, cursor->at, local);
	return local == size || read_rest(pages, pages_number(cursor->at + local),
					  space->bytes + local, size - local);
}

/* ---- Its columns ---- */

static bool read_number(struct cursor *cursor, uint64_t type, int64_t *out)
{
	static const unsigned char sizes[] = {0, 1, 2, 3, 4, 6, 8};

	*out = type == 9;
	if (type == 0 || type == 8 || type == 9)
		return true;
	if (type >= sizeof sizes || cursor->end - cursor->at < sizes[type])
		return false;
	uint64_t number = (*cursor->at & 0x80) != 0 ? UINT64_MAX : 0;
	for (int i = 0; i < sizes[type]; i++)
		number = number << 8 | *cursor->at++;
	*out = (int64_t)number;
	return true;
}

static bool read_column(struct cursor *cursor, uint64_t type, struct column *out)
{
	enum { FIRST_BYTES = 12 }; /* from here on odd is text, even is a blob */

	*out = (struct column){0};
	if (type < FIRST_BYTES)
		return read_number(cursor, type, &out->number);
	uint64_t size = (type - FIRST_BYTES) / 2;
	if (size > (size_t)(cursor->end - cursor->at))
		return false;
	out->bytes = cursor->at;
	out->size = (size_t)size;
	cursor->at += size;
	return true;
}

static bool read_columns(const unsigned char *bytes, size_t size, struct row_read *out)
{
	struct cursor types;
	uint64_t header, type;

	if (size == 0) /* and bytes NULL, which nothing may be added to */
		return false;
	types = (struct cursor){bytes, bytes + size};
	if (!read_varint(&types, &header) || header > size)
		return false;
	types.end = bytes + header;
	struct cursor values = {bytes + header, bytes + size};
	for (out->count = 0; types.at < types.end; out->count++)
		if (out->count == CELL_COLUMNS_MAX || !read_varint(&types, &type) ||
		    !read_column(&values, type, &out->columns[out->count]))
			return false;
	return true;
}

bool cells_read(const struct pages *pages, const unsigned char page[SCHEMA_PAGE_SIZE], size_t index,
		struct row_space *space, struct row_read *out)
{
	bool is_index = !cells_are_of_table(page);
	/* The header and each cell have a link more. */
	size_t link = page[0] == INNER_INDEX ? LINK : 0;
	size_t where = PAGE_HEADER + link + 2 * index;
	size_t at = where + 2 <= SCHEMA_PAGE_SIZE ? two_bytes(page + where) + link : 0;
	struct cursor cursor = {page + at, page + SCHEMA_PAGE_SIZE};
	uint64_t size, id = 0;

	if (at < PAGE_HEADER || at >= SCHEMA_PAGE_SIZE || !read_varint(&cursor, &size) ||
	    (!is_index && !read_varint(&cursor, &id)))
		return false;
	/* No row is larger than all pages. */
	if (size > (uint64_t)pages->count * SCHEMA_PAGE_SIZE ||
	    !read_bytes(pages, &cursor, is_index, space, (size_t)size))
		return false;
	out->id = (int64_t)id;
	return read_columns(space->bytes, (size_t)size, out);
}
