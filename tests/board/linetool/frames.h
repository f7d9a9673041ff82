/* SPDX-License-Identifier: MIT
 *
 * Frames of docs/line-protocol.md, written from that page alone: what the library
 * misread, this would not misread in the same way.
 */
#ifndef LINETOOL_FRAMES_H
#define LINETOOL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_SIZE 512 /* room for a line, and a nul */
#define FRAME_FIELDS 9

struct frame {
	char kind;
	size_t count;
	const char *field[FRAME_FIELDS]; /* as they are in the line: still escaped */
};

/*
 * Writes the body that the format makes, "M 5f3a9c01 17 ..." without a space at its
 * end, as a line. Returns how long it is, 0 if it has no room.
 */
__attribute__((format(printf, 2, 3))) size_t frame_write(char line[FRAME_SIZE], const char *format,
							 ...);

/* Writes text as a field. Returns false if it has no room. */
bool frame_escape(const char *text, char *out, size_t size);

/* Takes a line without its newline apart. Returns false if it is, or ends with, no frame. */
bool frame_read(char *line, size_t length, struct frame *frame);

/* A decimal number, as the protocol wants it. */
bool frame_number(const char *field, uint32_t *out);

/* An id, or a nonce: 8 hex digits. */
bool frame_hex(const char *field, uint32_t *out);

#endif
