/* SPDX-License-Identifier: MIT
 *
 * What is to be saved, when, and whose turn it is to do so.
 */
#include "base/clock.h"
#include "outbox/internal.h"

enum { GATHER_MAX = 1024 /* tickets */ };

void commit_enlist(struct outbox *outbox, struct row *row)
{
	row->dirty = true;
	row->next_dirty = NULL;
	*outbox->dirty_end = row;
	outbox->dirty_end = &row->next_dirty;
}

bool commit_has_work(const struct outbox *outbox)
{
	return outbox->dirty != NULL || outbox->receipts != NULL ||
	       positions_are_dirty(&outbox->positions);
}

/* The writer is only woken for what it has to do, or the clock of which it has to keep. */
void commit_ask(struct outbox *outbox, enum haste haste)
{
	bool first = !commit_has_work(outbox);
	bool hurries = haste == HASTE_SOON && !outbox->urgent;

	outbox->asked++;
	if (first)
		outbox->dirty_since = clock_monotonic_ms();
	outbox->urgent = outbox->urgent || hurries;
	if (hurries || (first && haste == HASTE_LATER) ||
	    outbox->asked - outbox->passed == GATHER_MAX)
		bell_ring(&outbox->for_writer);
}

void commit_mark(struct outbox *outbox, struct row *row, enum haste haste)
{
	if (outbox->store == NULL)
		return;
	commit_ask(outbox, haste);
	if (!row->dirty)
		commit_enlist(outbox, row);
}

void commit_mark_receipt(struct outbox *outbox, struct receipt *receipt)
{
	commit_ask(outbox, HASTE_SOON);
	receipt->next = NULL;
	*outbox->receipts_end = receipt;
	outbox->receipts_end = &receipt->next;
	outbox->receipt_count++;
}

bool commit_is_due(const struct outbox *outbox)
{
	int64_t now = clock_monotonic_ms();

	if (outbox->failing)
		return now >= outbox->retry_at;
	if (!commit_has_work(outbox))
		return false;
	return outbox->urgent || outbox->asked - outbox->passed >= GATHER_MAX ||
	       now >= outbox->dirty_since + GATHER_MS;
}

void commit_take_turn(struct outbox *outbox)
{
	while (outbox->turn_taken)
		monitor_wait(&outbox->monitor, CLOCK_NEVER);
	outbox->turn_taken = true;
}

/* Whatever was saved is in the database soon. */
static void plan_to_settle(struct outbox *outbox)
{
	if (outbox->store == NULL || outbox->settle_at != CLOCK_NEVER ||
	    !store_has_recent(outbox->store))
		return;
	outbox->settle_at = clock_monotonic_ms() + SETTLE_MS;
	bell_ring(&outbox->for_writer);
}

void commit_end_turn(struct outbox *outbox)
{
	plan_to_settle(outbox);
	outbox->turn_taken = false;
	monitor_notify(&outbox->monitor);
	if (outbox->writer_wants_turn)
		bell_ring(&outbox->for_writer);
	outbox->writer_wants_turn = false;
}
