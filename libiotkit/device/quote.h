/* SPDX-License-Identifier: MIT
 *
 * A board's own words inside a sentence: short, and cut between characters.
 */
#ifndef IOTKIT_DEVICE_QUOTE_H
#define IOTKIT_DEVICE_QUOTE_H

#include <stddef.h>

enum { QUOTE_MAX = 60 }; /* bytes quoted before "..." takes the rest's place */

struct quote {
	char text[QUOTE_MAX + sizeof "..."];
};

/* Quotes size bytes of UTF-8; the result lives in the quote. */
const char *quote_bytes(struct quote *quote, const char *text, size_t size);
const char *quote_text(struct quote *quote, const char *text);

#endif
