/* SPDX-License-Identifier: MIT
 *
 * The outbox in memory. One list holds all rows by id, in flight or not; a small
 * table finds those in flight, whose ids lie close together, by id.
 */
#include "outbox/outbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { FLIGHT_BUCKETS = 256 }; /* the usual window, so that a bucket has one row or two */

struct row {
	struct row *older;
	struct row *newer;
	struct row *next_flight; /* in its bucket */
	bool in_flight;
	uint64_t bytes;
	struct outbox_message message;
	char data[]; /* the topic and its NUL, then the payload */
};

struct outbox {
	pthread_mutex_t lock; /* guards all below */
	struct outbox_limits limits;
	struct outbox_counters counters;
	uint64_t last_id;
	struct row *oldest;
	struct row *newest;
	struct row *first_waiting;
	struct row *flights[FLIGHT_BUCKETS];
	uint64_t flight_rows;
	uint64_t flight_bytes;
};

static struct row *row_new(const struct outbox_message *message)
{
	size_t topic_size = strlen(message->topic) + 1;
	struct row *row = malloc(sizeof *row + topic_size + message->size);

	if (row == NULL)
		return NULL;
	*row = (struct row){.message = *message, .bytes = topic_size - 1 + message->size};
	memcpy(row->data, message->topic, topic_size);
	if (message->size > 0)
		memcpy(row->data + topic_size, message->payload, message->size);
	row->message.topic = row->data;
	row->message.payload = row->data + topic_size;
	return row;
}

/* ---- The list and the flights: each function needs the lock ---- */

static void link_newest(struct outbox *outbox, struct row *row)
{
	row->older = outbox->newest;
	if (outbox->newest != NULL)
		outbox->newest->newer = row;
	else
		outbox->oldest = row;
	outbox->newest = row;
	if (outbox->first_waiting == NULL)
		outbox->first_waiting = row;
	outbox->counters.rows++;
	outbox->counters.bytes += row->bytes;
}

/* The row after the first waiting one that waits as well. */
static void advance_first_waiting(struct outbox *outbox)
{
	do
		outbox->first_waiting = outbox->first_waiting->newer;
	while (outbox->first_waiting != NULL && outbox->first_waiting->in_flight);
}

static void unlink_row(struct outbox *outbox, struct row *row)
{
	if (row == outbox->first_waiting)
		advance_first_waiting(outbox);
	if (row->older != NULL)
		row->older->newer = row->newer;
	else
		outbox->oldest = row->newer;
	if (row->newer != NULL)
		row->newer->older = row->older;
	else
		outbox->newest = row->older;
	outbox->counters.rows--;
	outbox->counters.bytes -= row->bytes;
}

static void take_off(struct outbox *outbox, struct row *row)
{
	struct row **bucket = &outbox->flights[row->message.id % FLIGHT_BUCKETS];

	row->in_flight = true;
	row->next_flight = *bucket;
	*bucket = row;
	outbox->flight_rows++;
	outbox->flight_bytes += row->bytes;
}

/* Ends a flight; NULL when the row is not in flight. */
static struct row *land(struct outbox *outbox, uint64_t id)
{
	struct row **link = &outbox->flights[id % FLIGHT_BUCKETS];

	while (*link != NULL && (*link)->message.id != id)
		link = &(*link)->next_flight;
	struct row *row = *link;
	if (row == NULL)
		return NULL;
	*link = row->next_flight;
	row->in_flight = false;
	outbox->flight_rows--;
	outbox->flight_bytes -= row->bytes;
	return row;
}

/* ---- Bounds: each function needs the lock ---- */

static bool fits_beside(const struct outbox *outbox, const struct row *row, uint64_t rows,
			uint64_t bytes)
{
	const struct outbox_limits *limits = &outbox->limits;

	return rows < limits->max_rows && bytes <= limits->max_bytes &&
	       row->bytes <= limits->max_bytes - bytes;
}

static bool fits(const struct outbox *outbox, const struct row *row)
{
	return fits_beside(outbox, row, outbox->counters.rows, outbox->counters.bytes);
}

static iotkit_status check_size(const struct outbox *outbox, const struct row *row)
{
	unsigned long long bytes = row->bytes;
	unsigned long long max_bytes = outbox->limits.max_bytes;

	if (row->bytes <= outbox->limits.max_bytes)
		return IOTKIT_OK;
	return error_set(
		IOTKIT_EFULL,
		"the message to '%.100s' has %llu bytes with its topic, more than the "
		"whole outbox may hold (%llu); raise outbox.max_bytes or send less at once",
		row->message.topic, bytes, max_bytes);
}

static iotkit_status reject(const struct outbox *outbox)
{
	unsigned long long rows = outbox->counters.rows;
	unsigned long long bytes = outbox->counters.bytes;
	unsigned long long max_rows = outbox->limits.max_rows;
	unsigned long long max_bytes = outbox->limits.max_bytes;

	return error_set(IOTKIT_EFULL,
			 "the outbox is full with %llu of %llu messages, %llu of %llu bytes; "
			 "connect so that they are sent, raise outbox.max_rows or "
			 "outbox.max_bytes, or set outbox.policy to drop-oldest",
			 rows, max_rows, bytes, max_bytes);
}

/* Makes room by taking out the oldest waiting rows, or the new row if even that would
 * not help. Returns the rows given up, oldest first, chained by newer. */
static struct row *give_up(struct outbox *outbox, struct row *row)
{
	struct row *victims = NULL;
	struct row **end = &victims;

	if (outbox->limits.policy == OUTBOX_DROP_NEWEST ||
	    !fits_beside(outbox, row, outbox->flight_rows, outbox->flight_bytes))
		return row;
	while (!fits(outbox, row)) {
		struct row *victim = outbox->first_waiting;
		unlink_row(outbox, victim);
		victim->newer = NULL;
		*end = victim;
		end = &victim->newer;
	}
	return victims;
}

/* Numbers the row and links it, or gives it up. */
static iotkit_status admit(struct outbox *outbox, struct row *row, struct row **victims)
{
	iotkit_status status = check_size(outbox, row);

	if (status != IOTKIT_OK)
		return status;
	if (!fits(outbox, row)) {
		if (outbox->limits.policy == OUTBOX_REJECT)
			return reject(outbox);
		*victims = give_up(outbox, row);
	}
	row->message.id = ++outbox->last_id;
	outbox->counters.accepted++;
	if (*victims != row)
		link_newest(outbox, row);
	for (const struct row *victim = *victims; victim != NULL; victim = victim->newer)
		outbox->counters.dropped++;
	return IOTKIT_OK;
}

/* ---- The room's functions ---- */

iotkit_status outbox_open(const struct outbox_limits *limits, struct outbox **out)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (outbox == NULL)
		return error_set_no_memory();
	outbox->limits = *limits;
	int rc = pthread_mutex_init(&outbox->lock, NULL);
	if (rc != 0) {
		free(outbox);
		return error_set_system(rc, "cannot make the outbox's lock");
	}
	*out = outbox;
	return IOTKIT_OK;
}

void outbox_close(struct outbox *outbox)
{
	if (outbox == NULL)
		return;
	for (struct row *row = outbox->oldest; row != NULL;) {
		struct row *newer = row->newer;
		free(row);
		row = newer;
	}
	pthread_mutex_destroy(&outbox->lock);
	free(outbox);
}

void outbox_set_limits(struct outbox *outbox, const struct outbox_limits *limits)
{
	pthread_mutex_lock(&outbox->lock);
	outbox->limits = *limits;
	pthread_mutex_unlock(&outbox->lock);
}

iotkit_status outbox_append(struct outbox *outbox, const struct outbox_message *message,
			    uint64_t *id_out)
{
	struct row *row = row_new(message);
	struct row *victims = NULL;

	if (row == NULL)
		return error_set_no_memory();
	pthread_mutex_lock(&outbox->lock);
	iotkit_status status = admit(outbox, row, &victims);
	struct outbox_limits limits = outbox->limits;
	uint64_t id = row->message.id;
	pthread_mutex_unlock(&outbox->lock);
	if (status != IOTKIT_OK) {
		free(row);
		return status;
	}
	/* Before the callback, which may tell of this very message. */
	if (id_out != NULL)
		*id_out = id;
	while (victims != NULL) {
		struct row *victim = victims;
		victims = victim->newer;
		if (limits.dropped != NULL)
			limits.dropped(limits.context, &victim->message);
		free(victim);
	}
	return IOTKIT_OK;
}

bool outbox_next(struct outbox *outbox, struct outbox_message *out)
{
	pthread_mutex_lock(&outbox->lock);
	struct row *row = outbox->first_waiting;
	if (row != NULL) {
		advance_first_waiting(outbox);
		take_off(outbox, row);
		*out = row->message;
	}
	pthread_mutex_unlock(&outbox->lock);
	return row != NULL;
}

/* Ends a flight for good, and counts it. */
static void finish(struct outbox *outbox, uint64_t id, uint64_t *counter)
{
	pthread_mutex_lock(&outbox->lock);
	struct row *row = land(outbox, id);
	if (row != NULL) {
		unlink_row(outbox, row);
		(*counter)++;
	}
	pthread_mutex_unlock(&outbox->lock);
	free(row);
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
	pthread_mutex_lock(&outbox->lock);
	struct row *row = land(outbox, id);
	if (row != NULL &&
	    (outbox->first_waiting == NULL || id < outbox->first_waiting->message.id))
		outbox->first_waiting = row;
	pthread_mutex_unlock(&outbox->lock);
}

bool outbox_empty(struct outbox *outbox)
{
	struct outbox_counters counters;

	outbox_count(outbox, &counters);
	return counters.rows == 0;
}

uint64_t outbox_last_id(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->lock);
	uint64_t last_id = outbox->last_id;
	pthread_mutex_unlock(&outbox->lock);
	return last_id;
}

bool outbox_done(struct outbox *outbox, uint64_t last_id)
{
	pthread_mutex_lock(&outbox->lock);
	bool done = outbox->oldest == NULL || outbox->oldest->message.id > last_id;
	pthread_mutex_unlock(&outbox->lock);
	return done;
}

void outbox_count(struct outbox *outbox, struct outbox_counters *out)
{
	pthread_mutex_lock(&outbox->lock);
	*out = outbox->counters;
	pthread_mutex_unlock(&outbox->lock);
}
