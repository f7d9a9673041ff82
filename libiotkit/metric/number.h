/* SPDX-License-Identifier: MIT
 *
 * Numbers as decimal text and back, the decimal point always '.', whatever
 * locale the application has set.
 */
#ifndef IOTKIT_METRIC_NUMBER_H
#define IOTKIT_METRIC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_SIZE = 32 };

/* Writes the finite value as a JSON number: the fewest significant digits that,
 * correctly rounded, read back as the same double; minus zero as "0"; whole
 * numbers below 1e15 without exponent. text has NUMBER_TEXT_SIZE bytes; returns
 * the text's length. */
size_t number_format(double value, char *text);

/* Writes a whole number likewise. */
size_t number_format_whole(uint64_t value, char *text);

/* Reads the longest decimal number that text begins with, signed or not; no
 * hexadecimal, infinity or NaN, no white space before it. False when there is
 * none or it is too large for a double. */
bool number_parse(const char *text, double *out, const char **end);

#endif
