/* SPDX-License-Identifier: MIT
 *
 * Merges the next rows of the file into the list, which may have some of them already:
 * those in flight, and those put back.
 */
#include <stdlib.h>

#include "outbox/internal.h"

/* Rows read, oldest first, chained by newer. */
struct catch
{
	struct row *first;
	struct row **end;
	size_t rows;
	uint64_t bytes;
	uint64_t last_id;
	bool is_short; /* of memory */
};

/* A row whose check sum is wrong has no topic, and goes. */
static struct row *row_of(const struct outbox_message *message)
{
	struct outbox_message lost = *message;

	if (message->topic != NULL)
		return row_new(message);
	lost.topic = "";
	lost.payload = "";
	lost.size = 0;
	struct row *row = row_new(&lost);
	if (row == NULL)
		return NULL;
	row->place = ROW_GONE;
	row->bytes = message->size;
	return row;
}

static bool take(void *context, const struct outbox_message *message)
{
	struct catch *catch = context;
	struct row *row = row_of(message);

	if (row == NULL) {
		catch->is_short = true;
		return false;
	}
	row->saved.stored = row->wanted.stored = true;
	*catch->end = row;
	catch->end = &row->newer;
	catch->last_id = message->id;
	catch->rows++;
	catch->bytes += row->bytes;
	return catch->rows < FETCH_ROWS && catch->bytes < FETCH_BYTES;
}

/* ---- With the lock ---- */

/* Puts a caught row into the list before the first row that is newer, if it is not
 * there. Returns where the next one is to be looked for. */
static struct row *merge(struct outbox *outbox, struct row *row, struct row *at)
{
	while (at != NULL && at->message.id < row->message.id)
		at = at->newer;
	bool known = (at != NULL && at->message.id == row->message.id) ||
		     rows_find_flight(outbox, row->message.id) != NULL;
	if (known) {
		free(row);
		return at;
	}
	rows_insert_before(outbox, row, at);
	return at;
}

/* The first row of the list that is not older. */
static struct row *find_place(const struct outbox *outbox, uint64_t id)
{
	struct row *at = outbox->newest;

	if (at == NULL || at->message.id < id)
		return NULL;
	while (at->older != NULL && at->older->message.id >= id)
		at = at->older;
	return at;
}

static struct row *merge_all(struct outbox *outbox, struct catch *catch)
{
	struct row *at = catch->first != NULL ? find_place(outbox, catch->first->message.id) : NULL;
	struct row *lost = NULL;

	while (catch->first != NULL) {
		struct row *row = catch->first;
		catch->first = row->newer;
		if (row->place == ROW_GONE) {
			row->newer = lost;
			lost = row;
		} else {
			at = merge(outbox, row, at);
		}
	}
	return lost;
}

static void free_caught(struct catch *catch)
{
	while (catch->first != NULL) {
		struct row *row = catch->first;
		catch->first = row->newer;
		free(row);
	}
}

static void tell_lost(struct outbox *outbox, const struct row *lost)
{
	const struct outbox_listener *listener = &outbox->listener;

	for (; lost != NULL; lost = lost->newer)
		if (listener->dropped != NULL)
			listener->dropped(listener->context, &lost->message,
					  "the message is damaged in the outbox's file (its check "
					  "sum is wrong); check the disk");
}

/* Damaged rows leave the file as those do that are gone. */
static void remove_lost(struct outbox *outbox, struct row *lost)
{
	while (lost != NULL) {
		struct row *row = lost;
		lost = row->newer;
		rows_adopt_gone(outbox, row);
	}
}

static bool read_rows(struct outbox *outbox, uint64_t from, uint64_t end, struct catch *catch)
{
	iotkit_status status = store_read(outbox->store, from, end, take, catch);

	if (status != IOTKIT_OK && mend(outbox)) {
		free_caught(catch);
		*catch = (struct catch){.end = &catch->first};
		status = store_read(outbox->store, from, end, take, catch);
	}
	if (status == IOTKIT_OK && catch->is_short && catch->first == NULL)
		status = error_set_no_memory();
	if (status != IOTKIT_OK) {
		free_caught(catch);
		return false;
	}
	return true;
}

static void tell_failure(struct outbox *outbox)
{
	struct reason why;

	reason_capture(&why);
	monitor_lock(&outbox->monitor);
	bool first = commit_note_failure(outbox);
	outbox->read_again_at = outbox->retry_at;
	monitor_unlock(&outbox->monitor);
	if (first)
		commit_tell_failure(outbox, &why);
}

bool fetch(struct outbox *outbox, enum outbox_lane which)
{
	struct lane *lane = &outbox->lanes[which];
	struct catch catch = {.end = &catch.first};
	uint64_t from = lane->next;
	uint64_t end = which == OUTBOX_BACKLOG ? outbox->live_from : UINT64_MAX;

	monitor_unlock(&outbox->monitor);
	bool ok = read_rows(outbox, from, end, &catch);
	if (!ok)
		tell_failure(outbox);
	monitor_lock(&outbox->monitor);
	if (!ok)
		return false;
	bool whole = catch.rows < FETCH_ROWS && catch.bytes < FETCH_BYTES && !catch.is_short;
	struct row *lost = merge_all(outbox, &catch);
	lane->more = !whole;
	lane->next = catch.last_id + 1;
	if (lost != NULL) {
		monitor_unlock(&outbox->monitor);
		tell_lost(outbox, lost);
		monitor_lock(&outbox->monitor);
		remove_lost(outbox, lost);
	}
	return true;
}

/* ---- Flights of an earlier life ---- */

struct flights {
	struct outbox *outbox;
	struct row *row; /* the one just read */
	iotkit_status status;
	struct found_flight {
		uint64_t id;
		uint16_t packet_id;
		bool released;
	} * list;
	size_t count;
	size_t capacity;
};

static void note_flight(void *context, uint64_t id, uint16_t packet_id, bool released)
{
	struct flights *flights = context;

	if (flights->count == flights->capacity) {
		size_t capacity = flights->capacity > 0 ? 2 * flights->capacity : 64;
		struct found_flight *list = realloc(flights->list, capacity * sizeof *list);
		if (list == NULL) {
			flights->status = error_set_no_memory();
			return;
		}
		flights->list = list;
		flights->capacity = capacity;
	}
	flights->list[flights->count++] =
		(struct found_flight){.id = id, .packet_id = packet_id, .released = released};
}

static bool take_one(void *context, const struct outbox_message *message)
{
	struct flights *flights = context;

	flights->row = message->topic != NULL ? row_new(message) : NULL;
	if (message->topic != NULL && flights->row == NULL)
		flights->status = error_set_no_memory();
	return false;
}

static iotkit_status resume(struct flights *flights, const struct found_flight *found)
{
	struct outbox *outbox = flights->outbox;

	flights->row = NULL;
	iotkit_status status =
		store_read(outbox->store, found->id, found->id + 1, take_one, flights);
	if (status == IOTKIT_OK)
		status = flights->status;
	struct row *row = flights->row;
	if (status != IOTKIT_OK || row == NULL)
		return status;
	row->saved = (struct row_state){
		.stored = true, .released = found->released, .packet_id = found->packet_id};
	row->wanted = row->saved;
	rows_append(outbox, row);
	rows_take_off(outbox, row);
	return IOTKIT_OK;
}

iotkit_status fetch_flights(struct outbox *outbox)
{
	struct flights flights = {.outbox = outbox};
	iotkit_status status = store_read_flights(outbox->store, note_flight, &flights);

	if (status == IOTKIT_OK)
		status = flights.status;
	for (size_t i = 0; i < flights.count && status == IOTKIT_OK; i++)
		status = resume(&flights, &flights.list[i]);
	free(flights.list);
	return status;
}
