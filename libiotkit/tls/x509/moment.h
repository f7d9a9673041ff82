/* SPDX-License-Identifier: MIT
 *
 * What time it is for the validity of certificates. A machine without a battery
 * clock boots in the past; with tls.clock=floor the newest moment it has ever seen
 * is taken instead.
 */
#ifndef IOTKIT_TLS_X509_MOMENT_H
#define IOTKIT_TLS_X509_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* How to know the time; file is where the newest moment is kept, "": nowhere. */
struct moment_clock {
	bool floor;
	const char *file;
};

enum { MOMENT_DAY_S = 86400 };

/* Both are seconds since 1970-01-01 UTC. */
struct moment {
	int64_t now; /* to judge certificates by */
	int64_t system; /* what the system's clock says */
};

struct moment moment_now(const struct moment_clock *clock);

static inline bool moment_is_floored(const struct moment *moment)
{
	return moment->now != moment->system;
}

/* A peer was verified at this moment, so it can be trusted: keeps it in
 * the clock's file, unless that has a newer one. */
void moment_keep(const struct moment_clock *clock, int64_t now);

/* A date and time of day, UTC. */
struct moment_parts {
	int year, month, day; /* the first of January 1970 is 1970, 1, 1 */
	int hour, minute, second;
};

int64_t moment_of(const struct moment_parts *parts);

enum { MOMENT_TEXT_SIZE = 64 };
/* "2026-11-23 16:05:11 UTC" */
void moment_text(int64_t moment, char text[MOMENT_TEXT_SIZE]);

#endif
