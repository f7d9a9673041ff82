/* SPDX-License-Identifier: MIT */
#include "packet/cursor.h"

enum { LAST_SHIFT = 21 }; /* a varint has at most four bytes of seven bits */

static void run_short(struct cursor *cursor)
{
	cursor->is_short = true;
	cursor->left = 0;
}

struct cursor_bytes cursor_take(struct cursor *cursor, size_t size)
{
	struct cursor_bytes taken = {cursor->at, size};

	if (size > cursor->left) {
		run_short(cursor);
		return (struct cursor_bytes){cursor->at, 0};
	}
	cursor->at += size;
	cursor->left -= size;
	return taken;
}

uint32_t cursor_number(struct cursor *cursor, unsigned bytes)
{
	struct cursor_bytes taken = cursor_take(cursor, bytes);
	uint32_t number = 0;

	for (size_t i = 0; i < taken.size; i++)
		number = number << 8 | taken.at[i];
	return number;
}

uint32_t cursor_varint(struct cursor *cursor)
{
	uint32_t number = 0;

	for (unsigned shift = 0; shift <= LAST_SHIFT && !cursor->is_short; shift += 7) {
		uint32_t byte = cursor_number(cursor, 1);
		number |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return cursor->is_short ? 0 : number;
	}
	run_short(cursor);
	return 0;
}

struct cursor_bytes cursor_field(struct cursor *cursor)
{
	return cursor_take(cursor, cursor_number(cursor, 2));
}

struct cursor cursor_part(struct cursor *cursor, size_t size)
{
	struct cursor part = {.at = cursor->at,
			      .left = size < cursor->left ? size : cursor->left,
			      .is_short = cursor->is_short};

	cursor_take(cursor, size);
	return part;
}
