/* SPDX-License-Identifier: MIT
 *
 * The rows on a page, as SQLite lays them out.
 */
#ifndef IOTKIT_OUTBOX_SALVAGE_CELLS_H
#define IOTKIT_OUTBOX_SALVAGE_CELLS_H

#include "outbox/salvage_pages.h"

enum { CELL_COLUMNS_MAX = 12 };

struct column {
	const unsigned char *bytes; /* NULL for a number */
	size_t size;
	int64_t number; /* 0 for what is none */
};

struct row_read {
	int64_t id; /* 0 in a table without */
	struct column columns[CELL_COLUMNS_MAX];
	size_t count;
};

/* Room for a row, which grows. */
struct row_space {
	unsigned char *bytes;
	size_t capacity;
	bool is_short; /* of memory */
};

void row_space_free(struct row_space *space);

/* How many rows a page claims to have, 0 when it is none that has rows. */
size_t cells_count(const unsigned char page[SCHEMA_PAGE_SIZE]);

bool cells_are_of_table(const unsigned char page[SCHEMA_PAGE_SIZE]); /* or of an index */

/* One of them; borrowed from the space. False when it makes no sense. */
bool cells_read(const struct pages *pages, const unsigned char page[SCHEMA_PAGE_SIZE], size_t index,
		struct row_space *space, struct row_read *out);

#endif
