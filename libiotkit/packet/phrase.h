/* SPDX-License-Identifier: MIT
 *
 * One line of text, of bounded length, made of items: "PUBLISH (d0, 'a/b', 5 bytes)".
 * Whatever goes into it, it is UTF-8 without control characters.
 */
#ifndef IOTKIT_PACKET_PHRASE_H
#define IOTKIT_PACKET_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "packet/cursor.h"

enum {
	PHRASE_SIZE = 1024,
	PHRASE_QUOTE_MAX = 128 /* bytes of a text that are shown */
};

struct phrase {
	char text[PHRASE_SIZE];
	size_t used;
	unsigned items; /* within the parentheses */
	bool full; /* and ends with "..." */
};

void phrase_begin(struct phrase *phrase);

/* Words, which are known to be printable. */
void phrase_add(struct phrase *phrase, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same as an item of its own: behind "(", or ", ". */
void phrase_item(struct phrase *phrase, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Text from outside, between quotes; as an item of its own, or not. */
void phrase_item_quote(struct phrase *phrase, const struct cursor_bytes *bytes);
void phrase_quote(struct phrase *phrase, const struct cursor_bytes *bytes);

/* Closes the parenthesis, if there were items. */
void phrase_end(struct phrase *phrase);

#endif
