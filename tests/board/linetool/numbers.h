/* SPDX-License-Identifier: MIT
 *
 * Numbers on the line tools' command lines.
 */
#ifndef LINETOOL_NUMBERS_H
#define LINETOOL_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number from least to most. */
bool parse_whole(const char *text, uint64_t least, uint64_t most, uint64_t *out);

/* Any number from least to most. */
bool parse_number(const char *text, double least, double most, double *out);

#endif
