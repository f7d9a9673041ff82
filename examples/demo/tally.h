/* SPDX-License-Identifier: MIT
 *
 * Which readings of a board are missing. Its sketch counts them in a metric of its own: a gap in
 * these numbers is a reading that was lost, one that does not rise came twice.
 */
#ifndef DEMO_TALLY_H
#define DEMO_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

struct tally {
	const char *board;
	const char *counter; /* the metric, as "greenhouse/sample" */
	const char *sketch; /* what the board runs */
	bool plain; /* what nobody reads is lost: it keeps nothing */
	bool unread; /* the gateway was away, and no gap has told of it yet */
	double newest;
	uint64_t readings, lost, doubled;
	uint64_t missed; /* by a plain board, while there was no gateway */
	uint64_t since; /* readings since the gateway came back */
};

/* The gateway has gone, or come back. */
void tally_gateway(struct tally *tally, bool there);

void tally_take(struct tally *tally, double number);

/* Also what is missing of the metrics that come beside the number. */
uint64_t tally_lost(const struct tally *tally, const struct table *table);

#endif
