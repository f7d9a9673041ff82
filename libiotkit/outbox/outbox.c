/* SPDX-License-Identifier: MIT */
#include "outbox/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "outbox/internal.h"

/* ---- Life ---- */

iotkit_status outbox_open(const struct outbox_listener *listener, struct outbox **out)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (outbox == NULL)
		return error_set_no_memory();
	iotkit_status status = monitor_init(&outbox->monitor);
	if (status == IOTKIT_OK && (status = bell_init(&outbox->for_writer)) != IOTKIT_OK)
		monitor_destroy(&outbox->monitor);
	if (status != IOTKIT_OK) {
		free(outbox);
		return status;
	}
	outbox->settle_at = CLOCK_NEVER;
	outbox->listener = *listener;
	outbox->live_from = UINT64_MAX;
	outbox->dirty_end = &outbox->dirty;
	outbox->receipts_end = &outbox->receipts;
	*out = outbox;
	return IOTKIT_OK;
}

/* Whoever was told of a message's end must not hear of it again after a restart. */
static void save_the_rest(struct outbox *outbox)
{
	if (outbox->store == NULL)
		return;
	writer_stop(outbox);
	monitor_lock(&outbox->monitor);
	commit_take_turn(outbox);
	if (commit_has_work(outbox))
		commit_all(outbox);
	commit_end_turn(outbox);
	monitor_unlock(&outbox->monitor);
}

/* Who tells has the turn. */
void outbox_hush(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	commit_take_turn(outbox);
	outbox->listener = (struct outbox_listener){0};
	commit_end_turn(outbox);
	monitor_unlock(&outbox->monitor);
}

void outbox_close(struct outbox *outbox)
{
	if (outbox == NULL)
		return;
	save_the_rest(outbox);
	store_close(outbox->store);
	rows_free(outbox);
	positions_free(&outbox->positions);
	bell_destroy(&outbox->for_writer);
	monitor_destroy(&outbox->monitor);
	free(outbox);
}

void outbox_set_limits(struct outbox *outbox, const struct outbox_limits *limits)
{
	monitor_lock(&outbox->monitor);
	outbox->limits = *limits;
	monitor_unlock(&outbox->monitor);
}

bool outbox_is_durable(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	bool durable = outbox->store != NULL;
	monitor_unlock(&outbox->monitor);
	return durable;
}

/* ---- In ---- */

static void enter(struct outbox *outbox, struct row *row, enum outbox_care care)
{
	row->message.id = ++outbox->last_id;
	outbox->counters.accepted++;
	outbox->counters.rows++;
	outbox->counters.bytes += row->bytes;
	rows_append(outbox, row);
	if (outbox->store == NULL)
		return;
	row->wanted.stored = true;
	row->unsaved = true;
	outbox->unsaved_rows++;
	commit_mark(outbox, row, care == OUTBOX_SAVED ? HASTE_OWN : HASTE_SOON);
}

/* Numbers the row and enters it, or has it given up. */
static iotkit_status admit(struct outbox *outbox, struct row *row, enum outbox_care care,
			   struct row **victims)
{
	iotkit_status status = bounds_admit(outbox, row, victims);

	if (status != IOTKIT_OK)
		return status;
	if (*victims != row) {
		enter(outbox, row, care);
		return IOTKIT_OK;
	}
	row->message.id = ++outbox->last_id;
	outbox->counters.accepted++;
	return IOTKIT_OK;
}

/* It is never waiting, not even for a moment. */
static void keep(struct outbox *outbox, struct row *row)
{
	outbox->counters.accepted--; /* what replaces it counts */
	rows_take_off(outbox, row);
}

struct append {
	enum outbox_care care;
	bool kept;
	const struct outbox_origin *origin; /* NULL: of no kit */
	uint64_t *id_out;
};

/* As admit(), with the kit's position in the same step. */
static iotkit_status admit_from(struct outbox *outbox, struct row *row, const struct append *how,
				struct row **victims)
{
	const struct outbox_origin *origin = how->origin;
	struct kit *kit = NULL;

	if (origin == NULL)
		return admit(outbox, row, how->care, victims);
	iotkit_status status = positions_reserve(outbox, origin->kit, &kit);
	if (status != IOTKIT_OK)
		return status;
	status = admit(outbox, row, how->care, victims);
	if (status == IOTKIT_OK)
		positions_advance(outbox, kit, origin);
	else
		positions_release(kit);
	return status;
}

static iotkit_status append(struct outbox *outbox, const struct outbox_message *message,
			    const struct append *how)
{
	struct row *row = row_new(message);
	struct row *victims = NULL;
	struct waiter waiter; /* set field by field, since its text is large */

	if (row == NULL)
		return error_set_no_memory();
	waiter.done = false;
	waiter.why.status = IOTKIT_OK;
	monitor_lock(&outbox->monitor);
	iotkit_status status = admit_from(outbox, row, how, &victims);
	uint64_t id = row->message.id;
	bool given_up = victims == row;
	if (status != IOTKIT_OK)
		free(row);
	if (status == IOTKIT_OK && how->kept && !given_up)
		keep(outbox, row);
	if (status == IOTKIT_OK && how->care == OUTBOX_SAVED && row->unsaved) {
		row->waiter = &waiter;
		commit_await(outbox, &waiter);
	}
	monitor_unlock(&outbox->monitor);
	if (waiter.why.status != IOTKIT_OK)
		return reason_raise(&waiter.why);
	if (status != IOTKIT_OK)
		return status;
	/* Before the callback, which may tell of this very message. */
	if (how->id_out != NULL)
		*how->id_out = how->kept && given_up ? 0 : id;
	bounds_tell_and_free(outbox, victims);
	return IOTKIT_OK;
}

iotkit_status outbox_append(struct outbox *outbox, const struct outbox_message *message,
			    enum outbox_care care, uint64_t *id_out)
{
	return append(outbox, message, &(struct append){.care = care, .id_out = id_out});
}

iotkit_status outbox_keep(struct outbox *outbox, const struct outbox_message *message,
			  enum outbox_care care, uint64_t *id_out)
{
	return append(outbox, message,
		      &(struct append){.care = care, .kept = true, .id_out = id_out});
}

iotkit_status outbox_append_from(struct outbox *outbox, const struct outbox_message *message,
				 const struct outbox_origin *origin)
{
	return append(outbox, message, &(struct append){.care = OUTBOX_QUEUED, .origin = origin});
}

iotkit_status outbox_keep_from(struct outbox *outbox, const struct outbox_message *message,
			       const struct outbox_origin *origin, uint64_t *id_out)
{
	return append(
		outbox, message,
		&(struct append){
			.care = OUTBOX_QUEUED, .kept = true, .origin = origin, .id_out = id_out});
}

iotkit_status outbox_replace(struct outbox *outbox, const uint64_t *kept, size_t count,
			     const struct outbox_message *message)
{
	struct row *row = message != NULL ? row_new(message) : NULL;

	if (message != NULL && row == NULL)
		return error_set_no_memory();
	monitor_lock(&outbox->monitor);
	for (size_t i = 0; i < count; i++) {
		struct row *old = rows_find_flight(outbox, kept[i]);
		if (old != NULL && old->place == ROW_IN_FLIGHT)
			rows_remove(outbox, old);
	}
	if (row != NULL)
		enter(outbox, row, OUTBOX_QUEUED);
	monitor_unlock(&outbox->monitor);
	return IOTKIT_OK;
}

/* ---- Out ---- */

/* Whether the file has rows of the lane that come before those in memory. */
static bool is_hidden(const struct lane *lane)
{
	return lane->more &&
	       (lane->first_waiting == NULL || lane->first_waiting->message.id >= lane->next);
}

static void reveal(struct outbox *outbox, enum outbox_lane which)
{
	struct lane *lane = &outbox->lanes[which];

	if (!is_hidden(lane) || clock_monotonic_ms() < outbox->read_again_at)
		return;
	commit_take_turn(outbox);
	while (is_hidden(lane) && fetch(outbox, which))
		continue;
	commit_end_turn(outbox);
}

bool outbox_next(struct outbox *outbox, enum outbox_lane lane, struct outbox_message *out)
{
	monitor_lock(&outbox->monitor);
	reveal(outbox, lane);
	struct row *row = outbox->lanes[lane].first_waiting;
	bool found =
		row != NULL && !is_hidden(&outbox->lanes[lane]) && row_is_available(outbox, row);
	if (found) {
		rows_take_off(outbox, row);
		*out = row->message;
	}
	monitor_unlock(&outbox->monitor);
	return found;
}

/* Ends a flight for good, and counts it. */
static void finish(struct outbox *outbox, uint64_t id, uint64_t *counter)
{
	monitor_lock(&outbox->monitor);
	struct row *row = rows_find_flight(outbox, id);
	if (row != NULL && row->place == ROW_IN_FLIGHT) {
		rows_remove(outbox, row);
		(*counter)++;
	}
	monitor_unlock(&outbox->monitor);
}

void outbox_acknowledge(struct outbox *outbox, uint64_t id)
{
	finish(outbox, id, &outbox->counters.acknowledged);
}

void outbox_drop(struct outbox *outbox, uint64_t id)
{
	finish(outbox, id, &outbox->counters.dropped);
}

void outbox_put_back(struct outbox *outbox, uint64_t id)
{
	monitor_lock(&outbox->monitor);
	struct row *row = rows_find_flight(outbox, id);
	if (row != NULL && row->place == ROW_IN_FLIGHT)
		rows_put_back(outbox, row);
	monitor_unlock(&outbox->monitor);
}

void outbox_split(struct outbox *outbox)
{
	struct lane *backlog = &outbox->lanes[OUTBOX_BACKLOG];
	struct lane *live = &outbox->lanes[OUTBOX_LIVE];

	monitor_lock(&outbox->monitor);
	commit_take_turn(outbox);
	if (!backlog->more && live->more)
		backlog->next = live->next;
	backlog->more = backlog->more || live->more;
	if (backlog->first_waiting == NULL)
		backlog->first_waiting = live->first_waiting;
	*live = (struct lane){0};
	outbox->live_from = outbox->last_id + 1;
	commit_end_turn(outbox);
	monitor_unlock(&outbox->monitor);
}

/* ---- Looking at it ---- */

bool outbox_empty(struct outbox *outbox)
{
	struct outbox_counters counters;

	outbox_count(outbox, &counters);
	return counters.rows == 0;
}

uint64_t outbox_last_id(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	uint64_t last_id = outbox->last_id;
	monitor_unlock(&outbox->monitor);
	return last_id;
}

bool outbox_done(struct outbox *outbox, uint64_t last_id)
{
	monitor_lock(&outbox->monitor);
	bool done = rows_oldest_id(outbox) > last_id;
	monitor_unlock(&outbox->monitor);
	return done;
}

void outbox_count(struct outbox *outbox, struct outbox_counters *out)
{
	monitor_lock(&outbox->monitor);
	*out = outbox->counters;
	monitor_unlock(&outbox->monitor);
}
