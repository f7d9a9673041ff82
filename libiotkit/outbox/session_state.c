/* SPDX-License-Identifier: MIT
 *
 * What MQTT calls the client's session state: which message is under way under which
 * packet id. Source: MQTT 5.0 section 4.1.
 */
#include <stdlib.h>
#include <string.h>

#include "outbox/internal.h"

enum { RECEIPTS_MAX = 65535 }; /* as many as there are packet ids */

void outbox_set_flight(struct outbox *outbox, uint64_t id, uint16_t packet_id, bool released)
{
	monitor_lock(&outbox->monitor);
	struct row *row = rows_find_flight(outbox, id);
	if (row != NULL && row->place == ROW_IN_FLIGHT) {
		row->wanted.packet_id = packet_id;
		row->wanted.released = released;
		commit_mark(outbox, row, HASTE_LATER);
	}
	monitor_unlock(&outbox->monitor);
}

void outbox_depart(struct outbox *outbox, uint64_t id)
{
	monitor_lock(&outbox->monitor);
	struct row *row = rows_find_flight(outbox, id);
	if (outbox->store != NULL && row != NULL && row->place == ROW_IN_FLIGHT) {
		row->departed = true;
		row->wanted = (struct row_state){0};
		commit_mark(outbox, row, HASTE_LATER);
	}
	monitor_unlock(&outbox->monitor);
}

size_t outbox_flights(struct outbox *outbox, struct outbox_flight *out, size_t capacity)
{
	size_t count = 0;

	monitor_lock(&outbox->monitor);
	for (const struct row *row = outbox->oldest; row != NULL && count < capacity;
	     row = row->newer)
		if (row->place == ROW_IN_FLIGHT && row->wanted.packet_id != 0)
			out[count++] = (struct outbox_flight){.message = row->message,
							      .packet_id = row->wanted.packet_id,
							      .released = row->wanted.released};
	monitor_unlock(&outbox->monitor);
	return count;
}

static iotkit_status note(struct outbox *outbox, uint16_t packet_id, const void *packet,
			  size_t size, bool ended)
{
	iotkit_status status = IOTKIT_OK;

	if (!outbox_is_durable(outbox))
		return IOTKIT_OK;
	struct receipt *receipt = malloc(sizeof *receipt + size);
	if (receipt == NULL)
		return error_set_no_memory();
	*receipt = (struct receipt){.packet_id = packet_id, .ended = ended, .size = size};
	if (size > 0)
		memcpy(receipt->packet, packet, size);
	monitor_lock(&outbox->monitor);
	if (outbox->receipt_count < RECEIPTS_MAX)
		commit_mark_receipt(outbox, receipt);
	else
		status = error_set(IOTKIT_EFULL,
				   "the outbox's file has failed for too long to remember what "
				   "the broker sends");
	monitor_unlock(&outbox->monitor);
	if (status != IOTKIT_OK)
		free(receipt);
	return status;
}

iotkit_status outbox_set_received(struct outbox *outbox, uint16_t packet_id, const void *packet,
				  size_t size)
{
	return note(outbox, packet_id, packet, size, false);
}

iotkit_status outbox_end_received(struct outbox *outbox, uint16_t packet_id)
{
	return note(outbox, packet_id, NULL, 0, true);
}

/* The store, to who may wait for the disk; NULL: there is none. */
static struct store *borrow_store(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	if (outbox->store != NULL)
		commit_take_turn(outbox);
	struct store *store = outbox->store;
	monitor_unlock(&outbox->monitor);
	return store;
}

static void return_store(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	commit_end_turn(outbox);
	monitor_unlock(&outbox->monitor);
}

void outbox_received(struct outbox *outbox,
		     void (*take)(void *context, uint16_t packet_id, const void *packet,
				  size_t size),
		     void *context)
{
	struct store *store = borrow_store(outbox);

	if (store == NULL)
		return;
	if (store_read_received(store, take, context) != IOTKIT_OK && mend(outbox))
		store_read_received(store, take, context);
	return_store(outbox);
}

iotkit_status outbox_get_text(struct outbox *outbox, const char *name, char *text, size_t size)
{
	struct store *store = borrow_store(outbox);

	if (size > 0)
		text[0] = '\0';
	if (store == NULL)
		return IOTKIT_OK;
	iotkit_status status = store_get_text(store, name, text, size);
	return_store(outbox);
	return status;
}

iotkit_status outbox_set_text(struct outbox *outbox, const char *name, const char *text)
{
	struct store *store = borrow_store(outbox);

	if (store == NULL)
		return IOTKIT_OK;
	iotkit_status status = store_set_text(store, name, text);
	return_store(outbox);
	return status;
}

void outbox_save(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	if (outbox->store != NULL) {
		commit_take_turn(outbox);
		commit_all(outbox);
		commit_end_turn(outbox);
	}
	monitor_unlock(&outbox->monitor);
}

void outbox_save_if_quick(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	bool is_quick = outbox->sync == STORE_SYNC_PROCESS && !outbox->turn_taken;
	if (is_quick && commit_has_work(outbox) && !outbox->failing)
		commit_now(outbox);
	monitor_unlock(&outbox->monitor);
}

void outbox_set_sync(struct outbox *outbox, enum store_sync sync)
{
	struct store *store = borrow_store(outbox);

	if (store == NULL)
		return;
	store_set_sync(store, sync);
	monitor_lock(&outbox->monitor);
	outbox->sync = sync;
	commit_end_turn(outbox);
	monitor_unlock(&outbox->monitor);
}

/* ---- Tickets ---- */

uint64_t outbox_ticket(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	uint64_t ticket = outbox->asked;
	monitor_unlock(&outbox->monitor);
	return ticket;
}

/* What is not in the list of what is to be saved is being saved. */
bool outbox_passed(struct outbox *outbox, uint64_t ticket)
{
	monitor_lock(&outbox->monitor);
	bool passed = ticket <= outbox->passed || outbox->failing;
	outbox->awaited = outbox->awaited || !passed;
	if (!passed && commit_has_work(outbox) && !outbox->urgent) {
		outbox->urgent = true;
		bell_ring(&outbox->for_writer);
	}
	monitor_unlock(&outbox->monitor);
	return passed;
}
