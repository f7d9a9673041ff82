/* SPDX-License-Identifier: MIT
 *
 * Bytes from a port into lines. Whatever comes, the line after the next
 * newline is read as it was sent.
 */
#ifndef IOTKIT_DEVICE_LINE_H
#define IOTKIT_DEVICE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINE_SIZE_MAX = 1024, /* bytes, the newline not counted */
	LINE_SETTLE_MS = 100 /* a board that talks sooner after opening never stopped */
};

enum line_fault {
	LINE_GOOD,
	LINE_TOO_LONG,
	LINE_CONTROL, /* holds a NUL or another control byte */
	LINE_NOT_UTF8
};

struct line {
	enum line_fault fault;
	const char *text; /* "" of one too long; ended by a NUL; valid until the next call */
	size_t size;
	/* It may be the rest of a line that began before the port was opened. */
	bool may_be_cut;
};

struct line_splitter {
	char bytes[LINE_SIZE_MAX + 2]; /* room for a CR, and for a NUL */
	size_t size;
	int64_t opened_ms;
	bool untouched; /* nothing came since opening */
	bool may_be_cut; /* no newline came since, and the first byte came early */
	bool skipping; /* to the end of a line that is too long */
};

/* To be called whenever the port opens: forgets what was begun. */
void line_start(struct line_splitter *splitter, int64_t now_ms);

/* Takes bytes until a line is whole, and moves on; false when all are taken. Empty
 * lines are passed over; a line is told too long as soon as it is. */
bool line_next(struct line_splitter *splitter, const char **bytes, size_t *size, int64_t now_ms,
	       struct line *out);

#endif
