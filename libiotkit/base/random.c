/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <unistd.h>

#include "base/clock.h"

uint64_t random_u64(void)
{
	uint64_t value;

	/* Only an ancient kernel lacks it; jitter and names stay usable there. */
	if (getentropy(&value, sizeof value) != 0)
		value = (uint64_t)clock_wall_ms() * 0x9e3779b97f4a7c15u + (uint64_t)getpid();
	return value;
}

int64_t random_between(int64_t low, int64_t high)
{
	if (low >= high)
		return low;
	return low + (int64_t)(random_u64() % (uint64_t)(high - low + 1));
}
