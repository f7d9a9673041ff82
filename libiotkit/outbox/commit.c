/* SPDX-License-Identifier: MIT
 *
 * Brings the file to what is wanted. Rows say what they want; whoever has the turn
 * makes a batch of all that want something, and one transaction of the batch. A row that
 * came and went in between costs the disk nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "outbox/internal.h"

/* What one commit is about, and what is to be told once the lock is free. */
struct batch {
	struct row *fresh; /* to be inserted, by rising ids */
	struct row *last; /* of them */
	struct row **fresh_end;
	struct row *changed;
	struct row **changed_end;
	struct receipt *receipts;
	struct kits kits;
	uint64_t ticket;
	struct row *victims;
	struct reason told;
	bool is_told;
	bool is_heard; /* somebody waits for what was saved */
	bool works; /* the file, for all we know */
};

/* ---- Writing: with the turn, without the lock ---- */

static iotkit_status write_row(struct store *store, const struct row *row)
{
	const struct row_state *saved = &row->saved;
	const struct row_state *target = &row->target;
	bool moved = saved->packet_id != target->packet_id || saved->released != target->released;
	iotkit_status status = IOTKIT_OK;

	if (saved->stored && !target->stored)
		return store_remove(store, row->message.id, row->bytes);
	if (!saved->stored && target->stored)
		status = store_insert(store, &row->message);
	if (status != IOTKIT_OK || !target->stored || !moved)
		return status;
	if (target->packet_id == 0)
		return store_end_flight(store, row->message.id);
	return store_set_flight(store, row->message.id, target->packet_id, target->released);
}

static iotkit_status write_receipt(struct store *store, const struct receipt *receipt)
{
	if (receipt->ended)
		return store_end_received(store, receipt->packet_id);
	return store_set_received(store, receipt->packet_id, receipt->packet, receipt->size);
}

static iotkit_status write_rows(struct store *store, const struct row *row)
{
	iotkit_status status = IOTKIT_OK;

	for (; row != NULL && status == IOTKIT_OK; row = row->next_in_batch)
		status = write_row(store, row);
	return status;
}

static iotkit_status write_batch(struct store *store, const struct batch *batch)
{
	const struct receipt *receipt = batch->receipts;
	iotkit_status status = store_begin(store);

	if (status == IOTKIT_OK)
		status = write_rows(store, batch->fresh);
	if (status == IOTKIT_OK)
		status = write_rows(store, batch->changed);
	for (; receipt != NULL && status == IOTKIT_OK; receipt = receipt->next)
		status = write_receipt(store, receipt);
	if (status == IOTKIT_OK)
		status = positions_write(store, &batch->kits);
	if (status == IOTKIT_OK)
		status = store_commit(store);
	if (status != IOTKIT_OK)
		store_rollback(store);
	return status;
}

/* ---- The batch: with turn and lock ---- */

/* While the file fails rows may want something else before they are saved, and so come
 * out of their order. */
static void add_fresh(struct batch *batch, struct row *row)
{
	struct row **link = batch->fresh_end;

	if (batch->fresh != NULL && row->message.id < batch->fresh->message.id)
		link = &batch->fresh;
	else if (batch->last != NULL && row->message.id < batch->last->message.id)
		for (link = &batch->fresh; (*link)->message.id < row->message.id;)
			link = &(*link)->next_in_batch;
	row->next_in_batch = *link;
	*link = row;
	if (row->next_in_batch == NULL) {
		batch->last = row;
		batch->fresh_end = &row->next_in_batch;
	}
}

static void add_changed(struct batch *batch, struct row *row)
{
	row->next_in_batch = NULL;
	*batch->changed_end = row;
	batch->changed_end = &row->next_in_batch;
}

/* Of one moment, so that no position is saved without the messages up to it. */
static void make_batch(struct outbox *outbox, struct batch *batch)
{
	batch->fresh_end = &batch->fresh;
	batch->changed_end = &batch->changed;
	batch->receipts = outbox->receipts;
	batch->ticket = outbox->asked;
	for (struct row *row = outbox->dirty; row != NULL; row = row->next_dirty) {
		row->dirty = false;
		row->target = row->wanted;
		if (row->target.stored && !row->saved.stored)
			add_fresh(batch, row);
		else
			add_changed(batch, row);
	}
	outbox->dirty = NULL;
	outbox->dirty_end = &outbox->dirty;
	outbox->receipts = NULL;
	outbox->receipts_end = &outbox->receipts;
	outbox->receipt_count = 0;
	positions_gather(&outbox->positions, &batch->kits);
	outbox->urgent = false;
}

/* A row that was new is in the file now; the list keeps it if it is the next there. */
static void admit(struct outbox *outbox, struct batch *batch, struct row *row)
{
	struct lane *lane = rows_lane(outbox, row);

	/* Who waits for its row tells of it. */
	if (row->waiter == NULL && row->place == ROW_WAITING)
		batch->is_heard = true;
	if (row->waiter != NULL)
		row->waiter->done = true;
	row->waiter = NULL;
	if (row->place != ROW_WAITING || row->dirty)
		return;
	if (!lane->more && outbox->listed_bytes > WINDOW_BYTES) {
		lane->more = true;
		lane->next = row->message.id;
	}
	if (lane->more && row->message.id >= lane->next) {
		rows_unlink(outbox, row);
		free(row);
	}
}

static void settle_rows(struct outbox *outbox, struct batch *batch, struct row *row)
{
	while (row != NULL) {
		struct row *next = row->next_in_batch;
		bool is_new = !row->saved.stored && row->target.stored;
		row->saved = row->target;
		rows_note_saved(outbox, row);
		if (row->place == ROW_GONE && !row->dirty)
			rows_forget_gone(outbox, row);
		else if (is_new)
			admit(outbox, batch, row);
		row = next;
	}
}

static void settle(struct outbox *outbox, struct batch *batch)
{
	settle_rows(outbox, batch, batch->fresh);
	settle_rows(outbox, batch, batch->changed);
	while (batch->receipts != NULL) {
		struct receipt *receipt = batch->receipts;
		batch->receipts = receipt->next;
		free(receipt);
	}
	positions_settle(&batch->kits);
	outbox->passed = batch->ticket;
	/* What could not be read is tried again at its time, by the writer. */
	if (outbox->failing && !batch->works)
		commit_note_failure(outbox);
	if (!outbox->failing || !batch->works || clock_monotonic_ms() < outbox->read_again_at)
		return;
	outbox->failing = false;
	batch->is_told = true;
	reason_set(&batch->told, IOTKIT_OK,
		   "the outbox's file works again: all that waited in memory is saved");
}

/* mend() has listed all rows. */
static void delist(struct outbox *outbox, const struct row *row)
{
	struct row **link = &outbox->dirty;

	while (*link != row)
		link = &(*link)->next_dirty;
	*link = row->next_dirty;
	if (*link == NULL)
		outbox->dirty_end = link;
}

/* The caller of an append hears of it: the message was not taken. */
static void refuse(struct outbox *outbox, struct row *row, const struct reason *why)
{
	row->waiter->why = *why;
	row->waiter->done = true;
	row->waiter = NULL;
	if (row->dirty)
		delist(outbox, row);
	if (row->place == ROW_WAITING)
		outbox->counters.accepted--;
	rows_withdraw(outbox, row);
}

static void keep_rows(struct outbox *outbox, struct row *row, const struct reason *why)
{
	while (row != NULL) {
		struct row *next = row->next_in_batch;
		if (row->waiter != NULL)
			refuse(outbox, row, why);
		else if (!row->dirty)
			commit_enlist(outbox, row);
		row = next;
	}
}

/* They go before what has come since. */
static void keep_receipts(struct outbox *outbox, struct receipt *receipts)
{
	struct receipt **end = &receipts;

	while (*end != NULL) {
		outbox->receipt_count++;
		end = &(*end)->next;
	}
	if (end == &receipts)
		return;
	*end = outbox->receipts;
	if (outbox->receipts == NULL)
		outbox->receipts_end = end;
	outbox->receipts = receipts;
}

bool commit_note_failure(struct outbox *outbox)
{
	bool first = !outbox->failing;

	outbox->failing = true;
	outbox->retry_at = clock_monotonic_ms() + RETRY_MS;
	bell_ring(&outbox->for_writer);
	return first;
}

static void postpone(struct outbox *outbox, struct batch *batch)
{
	reason_capture(&batch->told);
	keep_rows(outbox, batch->fresh, &batch->told);
	keep_rows(outbox, batch->changed, &batch->told);
	keep_receipts(outbox, batch->receipts);
	positions_postpone(&outbox->positions, &batch->kits);
	batch->is_told = commit_note_failure(outbox);
}

void commit_tell_failure(struct outbox *outbox, const struct reason *why)
{
	const struct outbox_listener *listener = &outbox->listener;
	char text[ERROR_TEXT_SIZE + 64];

	snprintf(text, sizeof text, "%s; until then messages are in memory alone", why->text);
	if (listener->told != NULL)
		listener->told(listener->context, why->status, text);
}

static void tell(struct outbox *outbox, const struct batch *batch)
{
	const struct outbox_listener *listener = &outbox->listener;

	if (batch->is_told && batch->told.status != IOTKIT_OK)
		commit_tell_failure(outbox, &batch->told);
	else if (batch->is_told && listener->told != NULL)
		listener->told(listener->context, IOTKIT_OK, batch->told.text);
	bounds_tell_and_free(outbox, batch->victims);
	if (batch->is_heard && listener->saved != NULL)
		listener->saved(listener->context);
}

/* The journal alone may take what comes, while the database fails. */
static bool does_work(struct outbox *outbox, iotkit_status status, bool was_failing)
{
	if (status != IOTKIT_OK || !was_failing)
		return status == IOTKIT_OK;
	return store_settle(outbox->store) == IOTKIT_OK || mend(outbox);
}

void commit_all(struct outbox *outbox)
{
	struct batch batch = {.victims = bounds_trim(outbox)};
	bool was_failing = outbox->failing;

	make_batch(outbox, &batch);
	monitor_unlock(&outbox->monitor);
	iotkit_status status = write_batch(outbox->store, &batch);
	if (status != IOTKIT_OK && mend(outbox))
		status = write_batch(outbox->store, &batch);
	batch.works = does_work(outbox, status, was_failing);
	monitor_lock(&outbox->monitor);
	batch.is_heard = outbox->awaited || batch.kits.changed != NULL || status != IOTKIT_OK;
	outbox->awaited = false;
	if (status == IOTKIT_OK)
		settle(outbox, &batch);
	else
		postpone(outbox, &batch);
	monitor_notify(&outbox->monitor);
	monitor_unlock(&outbox->monitor);
	tell(outbox, &batch);
	monitor_lock(&outbox->monitor);
}

void commit_now(struct outbox *outbox)
{
	outbox->turn_taken = true;
	commit_all(outbox);
	commit_end_turn(outbox);
}

/* One of those who wait does it for all. */
void commit_await(struct outbox *outbox, struct waiter *waiter)
{
	while (!waiter->done) {
		if (outbox->turn_taken) {
			monitor_wait(&outbox->monitor, CLOCK_NEVER);
			continue;
		}
		commit_now(outbox);
	}
}
