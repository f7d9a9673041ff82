/* SPDX-License-Identifier: MIT
 *
 * The thread that saves what nobody waits for: what boards send, and what became of
 * messages. From time to time it brings into the database what was saved, and when there is
 * nothing to save it gives unused space back.
 */
#include "base/clock.h"
#include "base/thread.h"
#include "outbox/internal.h"

enum {
	SHRINK_AFTER_MS = 1000 /* of rest */
};

static int64_t next_moment(const struct outbox *outbox, int64_t shrink_at)
{
	if (outbox->failing)
		return outbox->retry_at;
	if (commit_has_work(outbox))
		return outbox->dirty_since + GATHER_MS;
	return outbox->settle_at < shrink_at ? outbox->settle_at : shrink_at;
}

/* With the turn and the lock, which is let go of meanwhile. */
static void settle(struct outbox *outbox)
{
	monitor_unlock(&outbox->monitor);
	iotkit_status status = store_settle(outbox->store);
	if (status != IOTKIT_OK && mend(outbox))
		status = IOTKIT_OK;
	monitor_lock(&outbox->monitor);
	outbox->settle_at = status == IOTKIT_OK ? CLOCK_NEVER : clock_monotonic_ms() + RETRY_MS;
}

/* The same. Returns when to go on. */
static int64_t shrink(struct outbox *outbox)
{
	bool more = false;

	monitor_unlock(&outbox->monitor);
	iotkit_status status = store_shrink(outbox->store, &more);
	monitor_lock(&outbox->monitor);
	return status == IOTKIT_OK && more ? clock_monotonic_ms() : CLOCK_NEVER;
}

static void *write_behind(void *context)
{
	struct outbox *outbox = context;
	int64_t shrink_at = clock_monotonic_ms() + SHRINK_AFTER_MS;

	monitor_lock(&outbox->monitor);
	while (!outbox->closing) {
		if (outbox->turn_taken) {
			outbox->writer_wants_turn = true;
			bell_wait(&outbox->for_writer, &outbox->monitor, CLOCK_NEVER);
		} else if (commit_is_due(outbox)) {
			commit_now(outbox);
			shrink_at = clock_monotonic_ms() + SHRINK_AFTER_MS;
		} else if (clock_monotonic_ms() >= outbox->settle_at) {
			outbox->turn_taken = true;
			settle(outbox);
			commit_end_turn(outbox);
		} else if (clock_monotonic_ms() >= shrink_at) {
			outbox->turn_taken = true;
			shrink_at = shrink(outbox);
			commit_end_turn(outbox);
		} else {
			bell_wait(&outbox->for_writer, &outbox->monitor,
				  next_moment(outbox, shrink_at));
		}
	}
	monitor_unlock(&outbox->monitor);
	return NULL;
}

iotkit_status writer_start(struct outbox *outbox)
{
	iotkit_status status = thread_start(&outbox->writer, "iotkit-outbox", write_behind, outbox);

	outbox->has_writer = status == IOTKIT_OK;
	return status;
}

void writer_stop(struct outbox *outbox)
{
	if (!outbox->has_writer)
		return;
	monitor_lock(&outbox->monitor);
	outbox->closing = true;
	bell_ring(&outbox->for_writer);
	monitor_unlock(&outbox->monitor);
	pthread_join(outbox->writer, NULL);
	outbox->has_writer = false;
}
