/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

void clock_stamp(int64_t wall_ms, char text[CLOCK_STAMP_SIZE])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm date = {0};

	gmtime_r(&seconds, &date);
	strftime(text, CLOCK_STAMP_SIZE, "%Y%m%dT%H%M%SZ", &date);
}

int64_t clock_deadline(int32_t timeout_ms)
{
	return timeout_ms < 0 ? CLOCK_NEVER : clock_monotonic_ms() + timeout_ms;
}

int clock_poll_timeout(int64_t deadline)
{
	if (deadline == CLOCK_NEVER)
		return -1;
	int64_t left = deadline - clock_monotonic_ms();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}
