/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "outbox/internal.h"

uint64_t row_bytes(const struct outbox_message *message)
{
	return strlen(message->topic) + message->size;
}

struct row *row_new(const struct outbox_message *message)
{
	size_t topic_size = strlen(message->topic) + 1;
	struct row *row = malloc(sizeof *row + topic_size + message->size);

	if (row == NULL)
		return NULL;
	*row = (struct row){.message = *message, .bytes = row_bytes(message)};
	memcpy(row->data, message->topic, topic_size);
	if (message->size > 0)
		memcpy(row->data + topic_size, message->payload, message->size);
	row->message.topic = row->data;
	row->message.payload = row->data + topic_size;
	return row;
}

struct lane *rows_lane(struct outbox *outbox, const struct row *row)
{
	bool live = row->message.id >= outbox->live_from;

	return &outbox->lanes[live ? OUTBOX_LIVE : OUTBOX_BACKLOG];
}

static bool is_before(const struct row *row, const struct row *other)
{
	return other == NULL || row->message.id < other->message.id;
}

static void note_waiting(struct outbox *outbox, struct row *row)
{
	struct lane *lane = rows_lane(outbox, row);

	if (row->place == ROW_WAITING && is_before(row, lane->first_waiting))
		lane->first_waiting = row;
}

void rows_insert_before(struct outbox *outbox, struct row *row, struct row *newer)
{
	struct row *older = newer != NULL ? newer->older : outbox->newest;

	row->older = older;
	row->newer = newer;
	*(older != NULL ? &older->newer : &outbox->oldest) = row;
	*(newer != NULL ? &newer->older : &outbox->newest) = row;
	outbox->listed_bytes += row->bytes;
	note_waiting(outbox, row);
}

void rows_append(struct outbox *outbox, struct row *row)
{
	rows_insert_before(outbox, row, NULL);
}

/* The row after the first waiting one that waits in the same lane. */
static void advance_first_waiting(struct outbox *outbox, struct lane *lane)
{
	struct row *row = lane->first_waiting;

	do
		row = row->newer;
	while (row != NULL && row->place != ROW_WAITING);
	lane->first_waiting = row != NULL && rows_lane(outbox, row) == lane ? row : NULL;
}

static void stop_waiting(struct outbox *outbox, const struct row *row)
{
	struct lane *lane = rows_lane(outbox, row);

	if (lane->first_waiting == row)
		advance_first_waiting(outbox, lane);
}

void rows_unlink(struct outbox *outbox, struct row *row)
{
	stop_waiting(outbox, row);
	*(row->older != NULL ? &row->older->newer : &outbox->oldest) = row->newer;
	*(row->newer != NULL ? &row->newer->older : &outbox->newest) = row->older;
	row->older = row->newer = NULL;
	outbox->listed_bytes -= row->bytes;
}

static struct row **bucket_of(struct outbox *outbox, uint64_t id)
{
	return &outbox->flights[id % FLIGHT_BUCKETS];
}

static void enter_bucket(struct outbox *outbox, struct row *row)
{
	struct row **bucket = bucket_of(outbox, row->message.id);

	row->next_flight = *bucket;
	*bucket = row;
}

static void leave_bucket(struct outbox *outbox, struct row *row)
{
	struct row **link = bucket_of(outbox, row->message.id);

	while (*link != row)
		link = &(*link)->next_flight;
	*link = row->next_flight;
}

void rows_take_off(struct outbox *outbox, struct row *row)
{
	stop_waiting(outbox, row);
	row->place = ROW_IN_FLIGHT;
	enter_bucket(outbox, row);
	outbox->flight_rows++;
	outbox->flight_bytes += row->bytes;
}

struct row *rows_find_flight(const struct outbox *outbox, uint64_t id)
{
	struct row *row = outbox->flights[id % FLIGHT_BUCKETS];

	while (row != NULL && row->message.id != id)
		row = row->next_flight;
	return row;
}

static void land(struct outbox *outbox, struct row *row)
{
	leave_bucket(outbox, row);
	outbox->flight_rows--;
	outbox->flight_bytes -= row->bytes;
}

void rows_put_back(struct outbox *outbox, struct row *row)
{
	land(outbox, row);
	row->place = ROW_WAITING;
	note_waiting(outbox, row);
	if (row->wanted.packet_id == 0)
		return;
	row->wanted.packet_id = 0;
	row->wanted.released = false;
	commit_mark(outbox, row, HASTE_LATER);
}

/* While the file has it still, fetch() must find out that it is gone. */
void rows_remove(struct outbox *outbox, struct row *row)
{
	rows_unlink(outbox, row);
	if (row->place == ROW_IN_FLIGHT)
		land(outbox, row);
	outbox->counters.rows--;
	outbox->counters.bytes -= row->bytes;
	row->place = ROW_GONE;
	rows_note_saved(outbox, row);
	row->wanted = (struct row_state){0};
	if (outbox->store == NULL) {
		free(row);
		return;
	}
	enter_bucket(outbox, row);
	commit_mark(outbox, row, HASTE_LATER);
}

void rows_note_saved(struct outbox *outbox, struct row *row)
{
	if (row->unsaved)
		outbox->unsaved_rows--;
	row->unsaved = false;
}

void rows_withdraw(struct outbox *outbox, struct row *row)
{
	rows_unlink(outbox, row);
	if (row->place == ROW_IN_FLIGHT)
		land(outbox, row);
	rows_note_saved(outbox, row);
	outbox->counters.rows--;
	outbox->counters.bytes -= row->bytes;
	free(row);
}

void rows_adopt_gone(struct outbox *outbox, struct row *row)
{
	row->newer = NULL;
	row->wanted = (struct row_state){0};
	outbox->counters.rows--;
	outbox->counters.bytes -= row->bytes;
	outbox->counters.dropped++;
	enter_bucket(outbox, row);
	commit_mark(outbox, row, HASTE_LATER);
}

void rows_forget_gone(struct outbox *outbox, struct row *row)
{
	leave_bucket(outbox, row);
	free(row);
}

bool row_is_available(const struct outbox *outbox, const struct row *row)
{
	if (outbox->store == NULL || row->saved.stored || row->departed)
		return true;
	return outbox->failing && row->waiter == NULL;
}

uint64_t rows_oldest_id(const struct outbox *outbox)
{
	uint64_t oldest = outbox->oldest != NULL ? outbox->oldest->message.id : UINT64_MAX;

	for (int i = 0; i < 2; i++)
		if (outbox->lanes[i].more && outbox->lanes[i].next < oldest)
			oldest = outbox->lanes[i].next;
	return oldest;
}

void rows_free(struct outbox *outbox)
{
	for (size_t i = 0; i < FLIGHT_BUCKETS; i++) {
		while (outbox->flights[i] != NULL) {
			struct row *row = outbox->flights[i];
			outbox->flights[i] = row->next_flight;
			if (row->place == ROW_GONE)
				free(row);
		}
	}
	while (outbox->oldest != NULL) {
		struct row *row = outbox->oldest;
		outbox->oldest = row->newer;
		free(row);
	}
	while (outbox->receipts != NULL) {
		struct receipt *receipt = outbox->receipts;
		outbox->receipts = receipt->next;
		free(receipt);
	}
}
