/* SPDX-License-Identifier: MIT
 *
 * A damaged file is set aside, and what can be read of it is in a new one. What is in
 * memory still and not in there is put there again, as is what is known of all kits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "outbox/internal.h"

/* Rows in memory. They stay valid as long as the turn is held. */
struct census {
	struct row **rows;
	bool *present;
	size_t count;
};

static size_t count_rows(const struct outbox *outbox)
{
	size_t count = 0;

	for (const struct row *row = outbox->oldest; row != NULL; row = row->newer)
		count++;
	for (size_t i = 0; i < FLIGHT_BUCKETS; i++)
		for (const struct row *row = outbox->flights[i]; row != NULL;
		     row = row->next_flight)
			count += row->place == ROW_GONE;
	return count;
}

static bool take_census(struct outbox *outbox, struct census *census)
{
	monitor_lock(&outbox->monitor);
	size_t capacity = count_rows(outbox);
	census->rows = calloc(capacity + 1, sizeof(struct row *));
	census->present = calloc(capacity + 1, sizeof(bool));
	bool ok = census->rows != NULL && census->present != NULL;
	for (struct row *row = outbox->oldest; ok && row != NULL; row = row->newer)
		census->rows[census->count++] = row;
	for (size_t i = 0; ok && i < FLIGHT_BUCKETS; i++)
		for (struct row *row = outbox->flights[i]; row != NULL; row = row->next_flight)
			if (row->place == ROW_GONE)
				census->rows[census->count++] = row;
	monitor_unlock(&outbox->monitor);
	return ok;
}

static bool find_one(void *context, const struct outbox_message *message)
{
	*(bool *)context = message->topic != NULL;
	return false;
}

static iotkit_status look(struct outbox *outbox, struct census *census)
{
	iotkit_status status = IOTKIT_OK;

	for (size_t i = 0; i < census->count && status == IOTKIT_OK; i++) {
		uint64_t id = census->rows[i]->message.id;
		status = store_read(outbox->store, id, id + 1, find_one, &census->present[i]);
	}
	return status;
}

/* With the lock: what the file says of these rows now, and so what it has to be told. */
static void adopt(struct outbox *outbox, const struct census *census,
		  const struct store_found *found)
{
	struct outbox_counters *counters = &outbox->counters;
	uint64_t rows_before = counters->rows;

	counters->rows = found->rows;
	counters->bytes = found->bytes;
	for (size_t i = 0; i < census->count; i++) {
		struct row *row = census->rows[i];
		bool counts = row->place != ROW_GONE;
		row->saved = (struct row_state){.stored = census->present[i]};
		commit_mark(outbox, row, HASTE_SOON);
		if (counts && !census->present[i]) {
			counters->rows++;
			counters->bytes += row->bytes;
		} else if (!counts && census->present[i]) {
			counters->rows--;
			counters->bytes -= row->bytes;
		}
	}
	if (counters->rows < rows_before)
		counters->dropped += rows_before - counters->rows;
	positions_suspect_file(outbox);
	outbox->lanes[OUTBOX_BACKLOG].more = true;
	outbox->lanes[OUTBOX_BACKLOG].next = 1;
	outbox->lanes[OUTBOX_LIVE].more = true;
	outbox->lanes[OUTBOX_LIVE].next = outbox->live_from;
}

static void tell_recent(const struct outbox_listener *listener, const char *aside)
{
	char text[ERROR_TEXT_SIZE + sizeof(struct store_found)];

	snprintf(text, sizeof text,
		 "the journal of the outbox's file was damaged: of the latest changes those from "
		 "there on are lost; the damaged journal is kept as %s; check the disk, or, when "
		 "the power has failed, set outbox.sync=power",
		 aside);
	listener->told(listener->context, IOTKIT_ESYSTEM, text);
}

void mend_tell(struct outbox *outbox, const struct store_found *found)
{
	const struct outbox_listener *listener = &outbox->listener;
	char text[ERROR_TEXT_SIZE + sizeof found->aside];

	if (listener->told != NULL && found->recent_aside[0] != '\0')
		tell_recent(listener, found->recent_aside);
	if (listener->told == NULL || found->aside[0] == '\0')
		return;
	snprintf(text, sizeof text,
		 "the outbox's file was damaged: %" PRIu64 " messages were recovered, %" PRIu64
		 " are lost; the damaged file is kept as %s; check the disk",
		 found->recovered, found->lost, found->aside);
	listener->told(listener->context, IOTKIT_ESYSTEM, text);
}

bool mend(struct outbox *outbox)
{
	struct census census = {0};
	struct store_found found = {0};

	if (store_fault(outbox->store) != STORE_CORRUPT)
		return false;
	bool ok = store_salvage(outbox->store, &found) == IOTKIT_OK &&
		  take_census(outbox, &census) && look(outbox, &census) == IOTKIT_OK;
	if (ok) {
		monitor_lock(&outbox->monitor);
		adopt(outbox, &census, &found);
		monitor_unlock(&outbox->monitor);
		mend_tell(outbox, &found);
	}
	free(census.rows);
	free(census.present);
	return ok;
}
