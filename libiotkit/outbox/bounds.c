/* SPDX-License-Identifier: MIT
 *
 * In memory room is made at once. With a file it is made by who has the turn, since the
 * oldest message may have to be fetched; until then a message more is kept in memory,
 * where as much has room as in the file.
 */
#include <stdlib.h>

#include "outbox/internal.h"

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

/* Takes a waiting row out, to be told as dropped. */
static void give_up(struct outbox *outbox, struct row *row, struct row ***end)
{
	struct row *told = row;

	outbox->counters.dropped++;
	if (outbox->store != NULL) {
		told = row_new(&row->message);
		if (row->waiter != NULL)
			*row->waiter = (struct waiter){.done = true};
		row->waiter = NULL;
		rows_remove(outbox, row);
	} else {
		rows_unlink(outbox, row);
		outbox->counters.rows--;
		outbox->counters.bytes -= row->bytes;
	}
	if (told == NULL)
		return;
	told->newer = NULL;
	**end = told;
	*end = &told->newer;
}

iotkit_status bounds_admit(struct outbox *outbox, struct row *row, struct row **victims)
{
	struct row **end = victims;
	iotkit_status status = check_size(outbox, row);

	if (status != IOTKIT_OK || fits(outbox, row))
		return status;
	if (outbox->limits.policy == OUTBOX_REJECT)
		return reject(outbox);
	bool stalled = outbox->unsaved_rows >= outbox->limits.max_rows;
	if (outbox->limits.policy == OUTBOX_DROP_NEWEST || stalled ||
	    !fits_beside(outbox, row, outbox->flight_rows, outbox->flight_bytes)) {
		*victims = row;
		outbox->counters.dropped++;
		return IOTKIT_OK;
	}
	if (outbox->store != NULL) /* bounds_trim() does it */
		return IOTKIT_OK;
	while (!fits(outbox, row))
		give_up(outbox,
			outbox->lanes[OUTBOX_BACKLOG].first_waiting != NULL
				? outbox->lanes[OUTBOX_BACKLOG].first_waiting
				: outbox->lanes[OUTBOX_LIVE].first_waiting,
			&end);
	return IOTKIT_OK;
}

static bool is_over(const struct outbox *outbox)
{
	return outbox->counters.rows > outbox->limits.max_rows ||
	       outbox->counters.bytes > outbox->limits.max_bytes;
}

/* The oldest message that waits, of the backlog if there is any. */
static struct row *oldest_waiting(struct outbox *outbox)
{
	for (int i = OUTBOX_BACKLOG; i <= OUTBOX_LIVE; i++) {
		struct lane *lane = &outbox->lanes[i];
		bool hidden = lane->more && (lane->first_waiting == NULL ||
					     lane->first_waiting->message.id >= lane->next);
		if (hidden && !fetch(outbox, (enum outbox_lane)i))
			return NULL;
		if (lane->first_waiting != NULL)
			return lane->first_waiting;
	}
	return NULL;
}

struct row *bounds_trim(struct outbox *outbox)
{
	struct row *victims = NULL;
	struct row **end = &victims;

	while (outbox->limits.policy == OUTBOX_DROP_OLDEST && outbox->unsaved_rows > 0 &&
	       is_over(outbox)) {
		struct row *row = oldest_waiting(outbox);
		if (row == NULL)
			break;
		give_up(outbox, row, &end);
	}
	return victims;
}

void bounds_tell_and_free(struct outbox *outbox, struct row *victims)
{
	const struct outbox_listener *listener = &outbox->listener;

	while (victims != NULL) {
		struct row *victim = victims;
		victims = victim->newer;
		if (listener->dropped != NULL)
			listener->dropped(
				listener->context, &victim->message,
				"the outbox is full, and outbox.policy gives this message up; "
				"raise outbox.max_rows and outbox.max_bytes to keep more");
		free(victim);
	}
}
