/* SPDX-License-Identifier: MIT */
#include "device/rest.h"

#include <stdbool.h>

void rest_after_lines(struct rest *rest, size_t bytes, int64_t now_ms)
{
	bool talks_on = now_ms - rest->line_ms < 2 * REST_MOMENT_MS;

	rest->line_ms = now_ms;
	if (bytes > REST_BYTES_MAX)
		rest->haste_ms = now_ms + REST_HASTE_MS;
	if (talks_on && now_ms >= rest->haste_ms)
		rest->until_ms = (now_ms / REST_MOMENT_MS + 1) * REST_MOMENT_MS;
}
