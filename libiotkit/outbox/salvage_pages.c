/* SPDX-License-Identifier: MIT
 *
 * Source: sqlite.org/fileformat2.html, sections 1.8 (pointer map) and 4 (log).
 */
#include "outbox/salvage_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "outbox/store_files.h"

enum {
	LOG_HEADER = 32,
	FRAME_HEADER = 24,
	FRAME_SIZE = FRAME_HEADER + SCHEMA_PAGE_SIZE,
	LOG_MAGIC = 0x377f0682, /* the last bit: sums are over words with the big end first */
	LOG_VERSION = 3007000,
	MAP_ENTRY = 5,
	MAP_PAGES = SCHEMA_PAGE_SIZE / MAP_ENTRY + 1, /* one of the map, and those it tells of */
	MAP_FREE = 2,
	MAP_LONG = 3, /* first and later pages of a long row's rest */
	MAP_LONGER = 4,
	LOCK_PAGE = 0x40000000 / SCHEMA_PAGE_SIZE + 1 /* never used */
};

uint32_t pages_number(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* ---- The log ---- */

struct log {
	uint32_t sum[2];
	bool big_end;
	unsigned char header[LOG_HEADER];
	unsigned char frame[FRAME_SIZE];
	size_t frames; /* sound so far */
	size_t committed;
	uint32_t size; /* in pages, by the last commit */
};

static uint32_t word(const struct log *log, const unsigned char *bytes)
{
	uint32_t number = pages_number(bytes);

	return log->big_end ? number
			    : number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) |
				      number << 24;
}

static void sum(struct log *log, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 8) {
		log->sum[0] += word(log, bytes + i) + log->sum[1];
		log->sum[1] += word(log, bytes + i + 4) + log->sum[0];
	}
}

static bool is_sum(const struct log *log, const unsigned char *bytes)
{
	return pages_number(bytes) == log->sum[0] && pages_number(bytes + 4) == log->sum[1];
}

static bool read_log_header(struct log *log, int fd)
{
	unsigned char *header = log->header;

	if (pread(fd, header, LOG_HEADER, 0) != LOG_HEADER)
		return false;
	log->big_end = (header[3] & 1) != 0;
	sum(log, header, 24);
	return (pages_number(header) & ~1u) == LOG_MAGIC &&
	       pages_number(header + 4) == LOG_VERSION &&
	       pages_number(header + 8) == SCHEMA_PAGE_SIZE && is_sum(log, header + 24);
}

/* The next frame continues the sums, and has the salts of this log. */
static bool read_frame(struct log *log, int fd)
{
	unsigned char *frame = log->frame;
	off_t at = LOG_HEADER + (off_t)log->frames * FRAME_SIZE;

	if (pread(fd, frame, FRAME_SIZE, at) != FRAME_SIZE ||
	    memcmp(frame + 8, log->header + 16, 8) != 0)
		return false;
	sum(log, frame, 8);
	sum(log, frame + FRAME_HEADER, SCHEMA_PAGE_SIZE);
	return is_sum(log, frame + 16);
}

static int by_page(const void *one, const void *other)
{
	const struct pages_frame *a = one, *b = other;

	if (a->page != b->page)
		return a->page < b->page ? -1 : 1;
	return a->frame < b->frame ? -1 : a->frame > b->frame;
}

static iotkit_status read_log(struct pages *pages, struct log *log)
{
	struct stat status;
	size_t most;

	if (pages->log < 0 || !read_log_header(log, pages->log) || fstat(pages->log, &status) != 0)
		return IOTKIT_OK;
	most = (size_t)(status.st_size / FRAME_SIZE);
	pages->frames = calloc(most + 1, sizeof *pages->frames);
	if (pages->frames == NULL)
		return error_set_no_memory();
	while (log->frames < most && read_frame(log, pages->log)) {
		pages->frames[log->frames] =
			(struct pages_frame){pages_number(log->frame), (uint32_t)log->frames};
		log->frames++;
		if (pages_number(log->frame + 4) != 0) {
			log->committed = log->frames;
			log->size = pages_number(log->frame + 4);
		}
	}
	pages->frame_count = log->committed;
	qsort(pages->frames, pages->frame_count, sizeof *pages->frames, by_page);
	return IOTKIT_OK;
}

static bool find_frame(const struct pages *pages, uint32_t page, uint32_t *frame)
{
	size_t low = 0, high = pages->frame_count;

	/* Behind the last one of this page. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (pages->frames[middle].page <= page)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || pages->frames[low - 1].page != page)
		return false;
	*frame = pages->frames[low - 1].frame;
	return true;
}

/* ---- Both ---- */

static iotkit_status open_one(const char *path, const char *suffix, int *fd)
{
	char name[STORE_NAME_SIZE], shown[FILE_PATH_SIZE];

	store_files_name(path, suffix, name);
	*fd = open(name, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 && errno != ENOENT)
		return error_set_system(errno, "cannot read the damaged outbox %s",
					file_path(name, shown));
	return IOTKIT_OK;
}

/* By the log's last commit; the header's own number may be what is damaged. */
static iotkit_status measure(struct pages *pages)
{
	struct stat status = {0};
	struct log *log = calloc(1, sizeof *log);

	if (log == NULL)
		return error_set_no_memory();
	iotkit_status done = read_log(pages, log);
	if (pages->file >= 0 && fstat(pages->file, &status) != 0)
		status.st_size = 0;
	pages->count =
		log->committed > 0 ? log->size : (uint32_t)(status.st_size / SCHEMA_PAGE_SIZE);
	free(log);
	return done;
}

iotkit_status pages_open(struct pages *pages, const char *path)
{
	*pages = (struct pages){.file = -1, .log = -1};
	iotkit_status status = open_one(path, "", &pages->file);
	if (status == IOTKIT_OK)
		status = open_one(path, "-wal", &pages->log);
	if (status == IOTKIT_OK)
		status = measure(pages);
	if (status != IOTKIT_OK)
		pages_close(pages);
	return status;
}

void pages_close(struct pages *pages)
{
	if (pages->file >= 0)
		close(pages->file);
	if (pages->log >= 0)
		close(pages->log);
	free(pages->frames);
	*pages = (struct pages){.file = -1, .log = -1};
}

bool pages_read(const struct pages *pages, uint32_t number, unsigned char page[SCHEMA_PAGE_SIZE])
{
	uint32_t frame;

	if (number == 0 || number > pages->count)
		return false;
	if (find_frame(pages, number, &frame))
		return pread(pages->log, page, SCHEMA_PAGE_SIZE,
			     LOG_HEADER + (off_t)frame * FRAME_SIZE + FRAME_HEADER) ==
		       SCHEMA_PAGE_SIZE;
	return pages->file >= 0 &&
	       pread(pages->file, page, SCHEMA_PAGE_SIZE, (off_t)(number - 1) * SCHEMA_PAGE_SIZE) ==
		       SCHEMA_PAGE_SIZE;
}

bool pages_may_have_rows(struct pages *pages, uint32_t number)
{
	/* The first has the tables' names, the second is the first of the map. */
	if (number < 3 || number == LOCK_PAGE)
		return false;
	uint32_t map = (number - 2) / MAP_PAGES * MAP_PAGES + 2;
	if (map == LOCK_PAGE)
		map++;
	if (number <= map)
		return false;
	if (map != pages->map_page) {
		pages->map_ok = pages_read(pages, map, pages->map);
		pages->map_page = map;
	}
	if (!pages->map_ok)
		return true;
	unsigned char kind = pages->map[MAP_ENTRY * (number - map - 1)];
	return kind != MAP_FREE && kind != MAP_LONG && kind != MAP_LONGER;
}
