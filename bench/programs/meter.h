/* SPDX-License-Identifier: MIT
 *
 * What a program has used until when, and how it reports: lines of a name and a number.
 */
#ifndef BENCH_PROGRAMS_METER_H
#define BENCH_PROGRAMS_METER_H

#include "load.h"

/* A moment, and what the process has used until then. */
struct mark {
	int64_t ns;
	int64_t cpu_us;
	int64_t allocations; /* 0 unless liballocations.so is there to count them */
};
struct mark mark_now(void);

void report(const char *name, int64_t number);

/* The moments, and processor time and allocations between the two. */
void report_marks(const struct mark *begin, const struct mark *end);

#endif
