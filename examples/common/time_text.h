/* SPDX-License-Identifier: MIT
 *
 * Moments and durations, as people and other programs write them.
 */
#ifndef EXAMPLES_COMMON_TIME_TEXT_H
#define EXAMPLES_COMMON_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum { TIME_TEXT_SIZE = 48 };

/* Milliseconds since 1970-01-01 UTC. */
int64_t time_now(void);

/* "2026-11-23T10:00:00.250Z"; returns the text. */
const char *time_text(int64_t moment_ms, char text[TIME_TEXT_SIZE]);

/* The same as clocks here show it, with its distance from UTC: "2026-11-23T11:00:00.250+01:00". */
const char *time_text_local(int64_t moment_ms, char text[TIME_TEXT_SIZE]);

/* "3 s", "5 min", "2 h 5 min", "7 d 3 h"; returns the text. */
const char *time_span_text(int64_t span_ms, char text[TIME_TEXT_SIZE]);

/* The moment that a duration before now (90s, 30m, 2h, 7d, 2w) or a date in UTC
 * (2026-11-23, 2026-11-23T10:00:00Z) means; false when it is neither. */
bool time_parse(const char *text, int64_t now_ms, int64_t *moment_ms);

#endif
