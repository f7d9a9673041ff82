/* SPDX-License-Identifier: MIT
 *
 * The pages of an outbox's file and its log, read without SQLite, which stops at the
 * first page that makes no sense.
 */
#ifndef IOTKIT_OUTBOX_SALVAGE_PAGES_H
#define IOTKIT_OUTBOX_SALVAGE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"
#include "outbox/schema.h"

struct pages_frame {
	uint32_t page;
	uint32_t frame; /* from 0, in the order of the log */
};

struct pages {
	int file; /* -1: there is none */
	int log;
	uint32_t count;
	/* Committed frames of the log, by page, the newest of each last */
	struct pages_frame *frames;
	size_t frame_count;
	unsigned char map[SCHEMA_PAGE_SIZE]; /* the pointer map's page read last */
	uint32_t map_page; /* 0: none */
	bool map_ok;
};

/* Opens what there is of both. */
iotkit_status pages_open(struct pages *pages, const char *path);
void pages_close(struct pages *pages);

/* Numbered from 1, as in the file; false when it cannot be read. */
bool pages_read(const struct pages *pages, uint32_t number, unsigned char page[SCHEMA_PAGE_SIZE]);

/* Whether rows in it, if it has any, are in use: not when the pointer map says that it
 * is free, or has the rest of a long row. */
bool pages_may_have_rows(struct pages *pages, uint32_t number);

uint32_t pages_number(const unsigned char *bytes); /* 4 of them, big end first */

#endif
