/* SPDX-License-Identifier: MIT
 *
 * Messages one by one, for a receiver that tells how long each was under way. The receiver's
 * standard output is the publisher's standard input, and has a byte when the receiver is ready,
 * and, where the next message waits for the one before, one for each that arrived.
 */
#ifndef BENCH_COMMON_PACE_H
#define BENCH_COMMON_PACE_H

#include "client.h"

/* What each payload begins with, as the machine has its numbers: when it was published, by
 * load_now_ns(). */
typedef int64_t pace_moment;

/* Publishes from the first message on, without warm-up, and prints how many it were. */
void pace_run(const struct load *load, struct client *client);

#endif
