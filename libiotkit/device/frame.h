/* SPDX-License-Identifier: MIT
 *
 * Frames of the line protocol (docs/line-protocol.md) from text, and into it. Knows
 * nothing of ports, time or what was said before.
 */
#ifndef IOTKIT_DEVICE_FRAME_H
#define IOTKIT_DEVICE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/line.h"

enum frame_kind {
	FRAME_HELLO = 'H',
	FRAME_WELCOME = 'W',
	FRAME_METRIC = 'M',
	FRAME_STATE = 'S',
	FRAME_RESULT = 'R',
	FRAME_ACK = 'A',
	FRAME_NAK = 'N',
	FRAME_COMMAND = 'C',
	FRAME_WHO = '?'
};

enum {
	FRAME_SIZE_MAX = LINE_SIZE_MAX, /* the newline not counted */
	FRAME_ID_NONE = 0,
	FRAME_ROOM_MIN = 48 /* what every board can read */
};

/* Only the fields that its kind has are set. Texts are decoded, and borrowed. */
struct frame {
	enum frame_kind kind;
	uint32_t id; /* FRAME_ID_NONE in a hello without one */
	uint32_t nonce;
	uint32_t seq;
	uint32_t base;
	uint32_t age_ms;
	uint32_t command;
	uint32_t result;
	uint32_t protocol;
	uint32_t room;
	double number; /* a metric's value */
	const char *name;
	const char *unit;
	const char *value; /* of a state or a command, as text */
	const char *firmware;
	const char *version;
	const char *commands; /* with commas between */
};

/* Where the texts of a frame that was read lie. */
struct frame_text {
	char bytes[FRAME_SIZE_MAX];
};

/* Looks for a frame at the end of a line. prefix_out: how many bytes stand before it. False when
 * there is none. */
bool frame_read(const char *line, size_t size, struct frame *out, struct frame_text *text,
		size_t *prefix_out);

/* Of what frame_read() refuses: its CRC is right, so that it was sent like this. */
bool frame_came_whole(const char *line, size_t size);

/* Is it a frame, or may it be what is left of one? */
bool frame_suspected(const char *line, size_t size);

/* Writes a frame and its newline; returns its size, or 0 when it has no room. Texts are UTF-8, a
 * metric's value is finite. */
size_t frame_write(const struct frame *frame, char *out, size_t size);

#endif
