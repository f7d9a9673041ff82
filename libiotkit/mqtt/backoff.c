/* SPDX-License-Identifier: MIT */
#include "mqtt/backoff.h"

#include "base/random.h"

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms)
{
	backoff->min_ms = min_ms;
	backoff->max_ms = max_ms > min_ms ? max_ms : min_ms;
	backoff_reset(backoff);
}

int64_t backoff_next(struct backoff *backoff)
{
	int64_t doubled = backoff->ceiling_ms * 2;

	if (backoff->ceiling_ms == 0)
		doubled = backoff->min_ms * 2;
	backoff->ceiling_ms = doubled < backoff->max_ms ? doubled : backoff->max_ms;
	return random_between(backoff->min_ms, backoff->ceiling_ms);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->ceiling_ms = 0;
}
