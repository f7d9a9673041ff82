/* SPDX-License-Identifier: MIT
 *
 * Two clocks: one that never jumps, for waiting, and the time of day.
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

/* The monotonic moment a timeout ends; CLOCK_NEVER for a negative one. */
int64_t clock_deadline(int32_t timeout_ms);

/* What poll() takes to wait until the deadline: -1 for CLOCK_NEVER, 0 when past. */
int clock_poll_timeout(int64_t deadline);

#endif
