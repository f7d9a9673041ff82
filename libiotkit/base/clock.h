/* SPDX-License-Identifier: MIT
 *
 * Two clocks: one that never jumps, for waiting, and the time of day. The time of day stays
 * out of time_t, which ends in 2038 where it has 32 bits; clock.c alone is compiled without
 * that end.
 */
#ifndef IOTKIT_BASE_CLOCK_H
#define IOTKIT_BASE_CLOCK_H

#include <stdint.h>

/* A deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Milliseconds, or microseconds, since some fixed moment; never jumps. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);

/* Milliseconds, or microseconds, since 1970-01-01 UTC. */
int64_t clock_wall_ms(void);
int64_t clock_wall_us(void);

/* A moment of the wall clock for the name of a file, as "20260702T141500Z". */
enum { CLOCK_STAMP_SIZE = 32 };
void clock_stamp(int64_t wall_ms, char text[CLOCK_STAMP_SIZE]);

/* The monotonic moment a timeout ends; CLOCK_NEVER for a negative one. */
int64_t clock_deadline(int32_t timeout_ms);

/* What poll() takes to wait until the deadline: -1 for CLOCK_NEVER, 0 when past. */
int clock_poll_timeout(int64_t deadline);

#endif
