/* SPDX-License-Identifier: MIT
 *
 * How often the port of a board is read that talks on and on. Each read wakes two threads,
 * which costs many times what its lines do. So when lines end less than two moments after
 * those before, the port is left alone until the next moment of the clock, and then read of
 * all that came meanwhile. A line that follows on a moment of silence is never kept waiting.
 *
 * Moments are the clock's, every REST_MOMENT_MS: one wake-up serves all ports that rest, and
 * however a board talks, what it says waits less than one moment; rests do not add up.
 */
#ifndef IOTKIT_DEVICE_REST_H
#define IOTKIT_DEVICE_REST_H

#include <stddef.h>
#include <stdint.h>

enum {
	REST_MOMENT_MS = 20,
	/* What comes in a moment at this rate, half of what a terminal of Linux holds. A port that
	 * is faster does not rest; one that has no rate, as USB's own, and brings more is read as
	 * it comes for a while. */
	REST_BAUD_MAX = 1000000,
	REST_BYTES_MAX = 2048,
	REST_HASTE_MS = 1000
};

/* All zero is a port that was never read. */
struct rest {
	int64_t line_ms; /* when a line ended last */
	int64_t haste_ms; /* no rest before this */
	int64_t until_ms; /* the port is not read before this */
};

/* So many bytes were read, and a line has ended. */
void rest_after_lines(struct rest *rest, size_t bytes, int64_t now_ms);

#endif
