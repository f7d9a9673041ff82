/* SPDX-License-Identifier: MIT */
#include "life.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "rounds.h"

enum { PATIENCE_S = 30, ROOM = 1000000 };

static struct timespec end_of_patience(void)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += PATIENCE_S;
	return deadline;
}

/* Waits with the lock for the next word; false when none comes in time. */
static bool wait_for_word(struct life *life, const struct timespec *deadline)
{
	return pthread_cond_timedwait(&life->changed, &life->lock, deadline) == 0;
}

static void hear_told(void *context, iotkit_status status, const char *text)
{
	struct life *life = context;

	pthread_mutex_lock(&life->lock);
	demand(text[0] != '\0', "told without a word");
	if (status == IOTKIT_OK) {
		life->recoveries++;
	} else {
		life->failures++;
		snprintf(life->failure, sizeof life->failure, "%s", text);
	}
	demand(life->failures - life->recoveries == (status == IOTKIT_OK ? 0 : 1),
	       "told out of turn: %s", text);
	pthread_cond_broadcast(&life->changed);
	pthread_mutex_unlock(&life->lock);
}

static void hear_saved(void *context)
{
	struct life *life = context;

	pthread_mutex_lock(&life->lock);
	pthread_cond_broadcast(&life->changed);
	pthread_mutex_unlock(&life->lock);
}

static void hear_dropped(void *context, const struct outbox_message *message, const char *why)
{
	(void)context;
	demand(false, "message %llu was given up: %s", (unsigned long long)message->id, why);
}

void life_begin(struct life *life, struct ledger *ledger)
{
	struct outbox_listener listener = {
		.context = life, .dropped = hear_dropped, .told = hear_told, .saved = hear_saved};
	struct outbox_limits limits = {.max_rows = ROOM, .max_bytes = 1000 * ROOM};

	*life = (struct life){.ledger = ledger};
	pthread_mutex_init(&life->lock, NULL);
	pthread_cond_init(&life->changed, NULL);
	demand(outbox_open(&listener, &life->outbox) == IOTKIT_OK, "%s", error_last());
	outbox_set_limits(life->outbox, &limits);
}

iotkit_status life_attach(struct life *life, const char *path, enum store_sync sync)
{
	return outbox_attach(life->outbox, path, sync);
}

void life_end(struct life *life)
{
	outbox_close(life->outbox);
	if (life->failures == life->recoveries)
		ledger_settle(life->ledger);
	pthread_cond_destroy(&life->changed);
	pthread_mutex_destroy(&life->lock);
}

/* Before the outbox hears of it. */
static struct outbox_message note_tried(struct life *life, size_t number, size_t size)
{
	struct ledger_message *noted = &life->ledger->messages[number];

	noted->tried = true;
	noted->size = size;
	ledger_add_state(noted, 0, false);
	return ledger_message_of(number, size);
}

static void note_result(struct life *life, size_t number, iotkit_status status, uint64_t id,
			enum outbox_care care)
{
	struct ledger_message *noted = &life->ledger->messages[number];

	noted->refused = status != IOTKIT_OK;
	if (status != IOTKIT_OK)
		return;
	noted->id = id;
	noted->accepted = true;
	noted->saved = care == OUTBOX_SAVED;
}

iotkit_status life_append(struct life *life, size_t number, size_t size, enum outbox_care care)
{
	struct outbox_message message = note_tried(life, number, size);
	uint64_t id = 0;
	iotkit_status status = outbox_append(life->outbox, &message, care, &id);

	note_result(life, number, status, id, care);
	return status;
}

iotkit_status life_keep(struct life *life, size_t number, size_t size)
{
	struct outbox_message message = note_tried(life, number, size);
	uint64_t id = 0;
	iotkit_status status = outbox_keep(life->outbox, &message, OUTBOX_SAVED, &id);

	note_result(life, number, status, id, OUTBOX_SAVED);
	return status;
}

iotkit_status life_replace(struct life *life, const size_t *kept, size_t count, size_t number,
			   size_t size)
{
	struct outbox_message message = note_tried(life, number, size);
	uint64_t ids[LEDGER_STATES];

	for (size_t i = 0; i < count; i++) {
		struct ledger_message *noted = &life->ledger->messages[kept[i]];
		noted->heir = number;
		noted->ended = true;
		ids[i] = noted->id;
	}
	iotkit_status status = outbox_replace(life->outbox, ids, count, &message);
	note_result(life, number, status, outbox_last_id(life->outbox), OUTBOX_QUEUED);
	return status;
}

void life_append_from(struct life *life, size_t number, size_t size,
		      const struct ledger_origin *origin)
{
	const struct outbox_origin from = ledger_origin_of(origin);
	struct outbox_message message = note_tried(life, number, size);

	life->ledger->messages[number].origin = *origin;
	demand(outbox_append_from(life->outbox, &message, &from) == IOTKIT_OK, "%s", error_last());
	note_result(life, number, IOTKIT_OK, outbox_last_id(life->outbox), OUTBOX_QUEUED);
}

void life_keep_from(struct life *life, size_t number, size_t size,
		    const struct ledger_origin *origin)
{
	const struct outbox_origin from = ledger_origin_of(origin);
	struct outbox_message message = note_tried(life, number, size);
	uint64_t id = 0;

	life->ledger->messages[number].origin = *origin;
	demand(outbox_keep_from(life->outbox, &message, &from, &id) == IOTKIT_OK, "%s",
	       error_last());
	note_result(life, number, IOTKIT_OK, id, OUTBOX_QUEUED);
}

void life_advance(struct life *life, size_t number, const struct ledger_origin *origin)
{
	const struct outbox_origin from = ledger_origin_of(origin);

	note_tried(life, number, 0);
	life->ledger->messages[number].origin = *origin;
	life->ledger->messages[number].ended = true;
	outbox_advance(life->outbox, &from);
	life->ledger->messages[number].accepted = true;
}

static bool is_kept(struct life *life, const struct ledger_origin *origin)
{
	struct outbox_position position;

	outbox_position(life->outbox, ledger_origin_of(origin).kit, &position);
	return position.boot == origin->boot && position.saved >= origin->seq;
}

void life_await_kept(struct life *life, size_t number)
{
	struct ledger_message *noted = &life->ledger->messages[number];
	struct timespec deadline = end_of_patience();

	pthread_mutex_lock(&life->lock);
	while (!is_kept(life, &noted->origin))
		demand(wait_for_word(life, &deadline),
		       "a kit's message was never kept, or nobody heard of it");
	pthread_mutex_unlock(&life->lock);
	noted->saved = true;
}

int life_next(struct life *life)
{
	struct outbox_message message;
	size_t number = 0;

	if (!outbox_next(life->outbox, OUTBOX_BACKLOG, &message))
		return LIFE_NONE;
	demand(ledger_number_of(life->ledger, &message, &number), "%llu is not what was appended",
	       (unsigned long long)message.id);
	return (int)number;
}

void life_fly(struct life *life, int number, uint16_t packet_id, bool released)
{
	ledger_add_state(&life->ledger->messages[number], packet_id, released);
	outbox_set_flight(life->outbox, life->ledger->messages[number].id, packet_id, released);
}

void life_acknowledge(struct life *life, int number)
{
	life->ledger->messages[number].ended = true;
	outbox_acknowledge(life->outbox, life->ledger->messages[number].id);
}

void life_drop(struct life *life, int number)
{
	life->ledger->messages[number].ended = true;
	outbox_drop(life->outbox, life->ledger->messages[number].id);
}

void life_put_back(struct life *life, int number)
{
	ledger_add_state(&life->ledger->messages[number], 0, false);
	outbox_put_back(life->outbox, life->ledger->messages[number].id);
}

iotkit_status life_receive(struct life *life, uint16_t packet_id)
{
	struct ledger_receipt *noted = &life->ledger->receipts[packet_id - 1];

	noted->tried = true;
	iotkit_status status =
		outbox_set_received(life->outbox, packet_id, &packet_id, sizeof packet_id);
	noted->accepted = status == IOTKIT_OK;
	return status;
}

iotkit_status life_end_received(struct life *life, uint16_t packet_id)
{
	struct ledger_receipt *noted = &life->ledger->receipts[packet_id - 1];

	noted->ended = true;
	iotkit_status status = outbox_end_received(life->outbox, packet_id);
	noted->end_accepted = status == IOTKIT_OK;
	return status;
}

void life_await_ticket(struct life *life)
{
	uint64_t ticket = outbox_ticket(life->outbox);
	struct timespec deadline = end_of_patience();

	pthread_mutex_lock(&life->lock);
	while (!outbox_passed(life->outbox, ticket))
		demand(wait_for_word(life, &deadline),
		       "a ticket never passed, or nobody heard of it");
	pthread_mutex_unlock(&life->lock);
}

void life_settle(struct life *life)
{
	life_await_ticket(life);
	ledger_settle(life->ledger);
}

void life_await_failure(struct life *life, long failures)
{
	struct timespec deadline = end_of_patience();

	pthread_mutex_lock(&life->lock);
	while (life->failures < failures)
		demand(wait_for_word(life, &deadline), "no failure was told");
	demand(life->failures == failures, "told %ld times", life->failures);
	pthread_mutex_unlock(&life->lock);
}

void life_await_recovery(struct life *life, long recoveries)
{
	struct timespec deadline = end_of_patience();

	pthread_mutex_lock(&life->lock);
	while (life->recoveries < recoveries)
		demand(wait_for_word(life, &deadline),
		       "the file was never told to work again; it failed: %s", life->failure);
	demand(life->recoveries == recoveries, "told %ld times", life->recoveries);
	pthread_mutex_unlock(&life->lock);
}

long life_failures(struct life *life)
{
	pthread_mutex_lock(&life->lock);
	long failures = life->failures;
	pthread_mutex_unlock(&life->lock);
	return failures;
}

long life_recoveries(struct life *life)
{
	pthread_mutex_lock(&life->lock);
	long recoveries = life->recoveries;
	pthread_mutex_unlock(&life->lock);
	return recoveries;
}
