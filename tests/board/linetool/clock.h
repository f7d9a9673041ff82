/* SPDX-License-Identifier: MIT
 *
 * Time for the line tools: nanoseconds of a clock that nobody sets.
 */
#ifndef LINETOOL_CLOCK_H
#define LINETOOL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

static inline int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

#endif
