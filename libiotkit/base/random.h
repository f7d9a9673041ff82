/* SPDX-License-Identifier: MIT
 *
 * Randomness from the operating system.
 */
#ifndef IOTKIT_BASE_RANDOM_H
#define IOTKIT_BASE_RANDOM_H

#include <stdint.h>

uint64_t random_u64(void);

/* Evenly from low to high, both included. */
int64_t random_between(int64_t low, int64_t high);

#endif
