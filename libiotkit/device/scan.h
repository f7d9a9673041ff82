/* SPDX-License-Identifier: MIT
 *
 * The smallest parts of a line: values with their units, and what lies between.
 */
#ifndef IOTKIT_DEVICE_SCAN_H
#define IOTKIT_DEVICE_SCAN_H

#include <stdbool.h>

#include "iotkit.h"
#include "metric/metric.h"

struct scanned {
	double value;
	bool finite; /* false of nan, inf and ovf, as Arduino prints them */
	char unit[METRIC_UNIT_MAX + 1]; /* as printed, "" for none */
};

/* Which words may stand as a unit apart from its number: only known ones, or
 * any that ends the field. */
enum scan_unit { SCAN_UNIT_KNOWN, SCAN_UNIT_ANY };

/* Takes "23.5", "23.5C", "23.5 °C", "40%", "nan"; what follows is a separator or
 * the end. IOTKIT_EFORMAT with a sentence when it is no value. */
iotkit_status scan_value(const char **at, enum scan_unit units, struct scanned *out);

/* Does a value begin here? */
bool scan_is_value(const char *at);

/* The first byte at or after at that is neither space nor tab. */
const char *scan_blanks(const char *at);

/* One of , ; and |, which separate fields beside blanks. */
bool scan_is_separator(char byte);

#endif
