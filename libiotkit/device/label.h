/* SPDX-License-Identifier: MIT
 *
 * The name before a value, or at the head of a column, with the unit that some
 * sketches put beside it: "Temperature (C)".
 */
#ifndef IOTKIT_DEVICE_LABEL_H
#define IOTKIT_DEVICE_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "metric/metric.h"

struct label {
	const char *name; /* inside the text it was read from */
	size_t size;
	char unit[METRIC_UNIT_MAX + 1]; /* "" for none */
};

/* Reads size bytes as a label; false when they are none: nothing, too long, or
 * with characters that no sketch's names have, as the { of half a JSON line. */
bool label_read(const char *text, size_t size, struct label *out);

/* Is it a plain word, or some, that begins with a letter? */
bool label_is_identifier(const struct label *label);

#endif
