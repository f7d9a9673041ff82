/* SPDX-License-Identifier: MIT
 *
 * What was seen, as the text of a file:
 *
 *     iotkit dedup 1              the version of this form
 *     clock 47
 *     epoch 4503599627370497      those heard last come first
 *     1-40 46                     first-last heard, rising
 *     90-94 47
 *     sum 0a61ce2be35c4ab4        FNV-1a (64 bits) of all before this line
 *
 * There is one text for each memory: what is read is written the same.
 */
#ifndef IOTKIT_BASE_SEEN_TEXT_H
#define IOTKIT_BASE_SEEN_TEXT_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/seen.h"

enum {
	/* A line has at most three numbers of 20 digits, and three characters. */
	SEEN_TEXT_MAX = 63 * (SEEN_EPOCHS_MAX * (SEEN_RANGES_MAX + 1) + 3)
};

/* Appends the text. */
iotkit_status seen_write_text(const struct seen *seen, struct buffer *out);

/* Reads a text that has a NUL behind it into what is empty, and leaves it empty when
 * it fails: with IOTKIT_EINVAL when the text is another's, another version's or
 * damaged, and a sentence as "it is damaged", of the file. */
iotkit_status seen_read_text(struct seen *seen, const char *text, size_t size);

#endif
