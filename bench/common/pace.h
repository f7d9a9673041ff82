/* SPDX-License-Identifier: MIT
 *
 * Messages one by one, for a receiver that tells how long each was under way. The receiver's
 * standard output is the publisher's standard input, and has a byte when the receiver is ready,
 * and, where the next message waits for the one before, one for each that arrived.
 */
#ifndef BENCH_COMMON_PACE_H
#define BENCH_COMMON_PACE_H

#include "load.h"

/* What each payload begins with, as the machine has its numbers. */
struct pace_stamp {
	int64_t sent_ns; /* before it was published, by load_now_ns() */
	int64_t number; /* from 0; negative: warm-up */
};

/* Publishes, and prints how many messages it were without the warm-up. */
void pace_run(const struct load *load, const struct load_side *side, void *context);

#endif
