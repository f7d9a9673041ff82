/* SPDX-License-Identifier: MIT
 *
 * The names of the columns of a board that prints bare numbers.
 */
#ifndef IOTKIT_DEVICE_COLUMNS_H
#define IOTKIT_DEVICE_COLUMNS_H

#include "device/label.h"
#include "device/line.h"
#include "device/reading.h"

enum { COLUMNS_TEXT_MAX = LINE_SIZE_MAX };

/* All zero is none. */
struct columns {
	/* Name, NUL, unit, NUL, of each in turn. */
	char text[COLUMNS_TEXT_MAX + 2 * READINGS_MAX];
	size_t size;
	size_t count;
};

/* Reads `columns=`: names separated by commas, each perhaps with its unit, as
 * "temperature (C)". IOTKIT_EINVAL with a sentence. */
iotkit_status columns_parse(const char *text, struct columns *out);

/* Reads a header line: nothing but identifiers, separated by commas, semicolons,
 * bars or tabs, or else by spaces. False when it is none. */
bool columns_read_header(const char *line, struct columns *out);

/* The name of a column, and its unit, "" for none. */
const char *columns_at(const struct columns *columns, size_t index, const char **unit);

#endif
