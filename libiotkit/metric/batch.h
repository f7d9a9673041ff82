/* SPDX-License-Identifier: MIT
 *
 * Gathers metrics into one pack a device, closed when it holds max metrics or
 * is ms old, so that many travel as one message.
 *
 * Metrics may be kept elsewhere until their pack is closed, so that they survive the
 * process: then each comes with a number, and close() gets those of its pack.
 *
 * An accepted metric is kept until close() takes it: a pack that close()
 * refuses stays as it is and is offered again, by its device's next metric and by
 * batches_flush(). When it is full by then, the next metric is refused.
 *
 * Every function but batches_close() may be called from any thread; packs of one
 * device reach close() one after the other, in order.
 */
#ifndef IOTKIT_METRIC_BATCH_H
#define IOTKIT_METRIC_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metric/metric.h"

enum {
	BATCH_DEVICES_MAX = 1024, /* beyond it, the oldest pack is closed early */
	BATCH_RETRY_MS = 1000 /* before a refused pack is due again */
};

struct batch_settings {
	int64_t ms; /* 0: each metric closes its pack */
	int64_t max; /* at least 1 */
	/* Takes a pack, or refuses it with an error. Called with no lock held, by
	 * one thread at a time; the metrics are borrowed. It may not call back into
	 * the batches. */
	iotkit_status (*close)(void *context, const char *device, const struct metric *metrics,
			       const uint64_t *kept, size_t count);
	void *context;
};

struct batches;

iotkit_status batches_open(const struct batch_settings *settings, struct batches **out);

/* What is in it is lost: call batches_flush() first. NULL is fine. */
void batches_close(struct batches *batches);

/* Copies the metric; now_ms is monotonic; kept is its number, or 0; due_changed: batches_due()
 * may be another moment now. Any error means that this metric was not taken, and everything
 * taken before still is. */
iotkit_status batches_add(struct batches *batches, const struct metric *metric, uint64_t kept,
			  int64_t now_ms, bool *due_changed);

/* When batches_flush() next has something to do: a monotonic moment, CLOCK_NEVER
 * when nothing waits. */
int64_t batches_due(struct batches *batches);

/* Closes what is due by now_ms; CLOCK_NEVER closes all. Tries every pack, and
 * returns the last error. */
iotkit_status batches_flush(struct batches *batches, int64_t now_ms);

#endif
