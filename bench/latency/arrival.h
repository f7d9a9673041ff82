/* SPDX-License-Identifier: MIT
 *
 * What the receivers have in common: how long each message was under way, as pace.h has it.
 */
#ifndef BENCH_LATENCY_ARRIVAL_H
#define BENCH_LATENCY_ARRIVAL_H

#include <stddef.h>

#include "pace.h"

/* The options of load.h; its store is the file that arrival_wait() writes. */
void arrival_begin(int argc, char **argv, struct load *load);

/* To be called when subscribed: the publisher may begin. */
void arrival_ready(void);

/* To be called for each message as it comes, from one thread. */
void arrival_note(const void *payload, size_t size);

/* Whether all came, or nothing comes any more. */
bool arrival_is_done(void);

/* For receivers with threads: waits until it is done. */
void arrival_wait(void);

/* Writes the nanoseconds of each message that came, a line each. */
void arrival_report(void);

#endif
