/* SPDX-License-Identifier: MIT
 *
 * Reading bytes from outside, never beyond their end.
 * Source: MQTT 5.0 section 1.5.
 */
#ifndef IOTKIT_PACKET_CURSOR_H
#define IOTKIT_PACKET_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const unsigned char *at;
	size_t left;
	bool is_short; /* more was asked for than there was, or a number breaks the rules */
};

struct cursor_bytes {
	const unsigned char *at;
	size_t size;
};

/* What is not there reads as 0, or as no bytes; from then on nothing is. */
uint32_t cursor_number(struct cursor *cursor, unsigned bytes); /* 1, 2 or 4, big-endian */
uint32_t cursor_varint(struct cursor *cursor); /* of at most four bytes */
struct cursor_bytes cursor_take(struct cursor *cursor, size_t size);

/* Bytes, or text, behind their length in two bytes. */
struct cursor_bytes cursor_field(struct cursor *cursor);

/* Goes over so many bytes, of which not all need be there. */
struct cursor cursor_part(struct cursor *cursor, size_t size);

#endif
