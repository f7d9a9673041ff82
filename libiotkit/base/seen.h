/* SPDX-License-Identifier: MIT
 *
 * Which numbers came, of whom: for each epoch the ranges of numbers without a gap
 * between them. It has bounds, and what was heard longest ago is forgotten for what
 * comes, so that a number that came may pass for new, but never a new one for one
 * that came. By time, not by size: of two parts of a sequence that come at once,
 * as a backlog and what is fresh, neither pushes the other out.
 *
 * Memory is taken once for an epoch, 24 KiB, and never for a number.
 */
#ifndef IOTKIT_BASE_SEEN_H
#define IOTKIT_BASE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"

enum {
	SEEN_EPOCHS_MAX = 64,
	SEEN_GAPS_MAX = 1024, /* between the ranges of an epoch */
	SEEN_RANGES_MAX = SEEN_GAPS_MAX + 1
};

struct seen_range {
	uint64_t first;
	uint64_t last;
	uint64_t heard; /* at the tick of the clock when a number of it came last */
};

struct seen_epoch {
	uint64_t epoch;
	size_t count;
	struct seen_range ranges[SEEN_RANGES_MAX]; /* rising */
};

struct seen {
	uint64_t clock; /* ticks at each number that comes */
	size_t count;
	struct seen_epoch *epochs[SEEN_EPOCHS_MAX]; /* heard last: first */
};

void seen_init(struct seen *seen);
void seen_free(struct seen *seen);

/* Notes that the number came, from 1 on, and tells whether that was news. Fails with
 * IOTKIT_ENOMEM, and then has noted nothing. */
iotkit_status seen_add(struct seen *seen, uint64_t epoch, uint64_t seq, bool *is_new);

#endif
