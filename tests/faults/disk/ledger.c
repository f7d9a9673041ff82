/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "rounds.h"

enum { TIME_MS = 1700000000, ROOM = 1000000, FLIGHTS = 128 };

struct ledger *ledger_new(void)
{
	void *memory = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	demand(memory != MAP_FAILED, "no memory");
	return memory;
}

void ledger_free(struct ledger *ledger)
{
	munmap(ledger, sizeof *ledger);
}

struct outbox_message ledger_message_of(size_t number, size_t size)
{
	static const char *const topics[] = {"t", "plant/7/temperature", "plant/7/\xC3\xBC"};
	static char payload[LEDGER_SIZE_MAX];
	int n = snprintf(payload, sizeof payload, "%zu ", number);

	demand(size <= sizeof payload, "the message is too large");
	for (size_t i = (size_t)n; i < size; i++)
		payload[i] = (char)(number * 31 + i * 7);
	return (struct outbox_message){
		.topic = topics[number % 3],
		.payload = payload,
		.size = size,
		.qos = number % 2 == 0 ? 2 : 1,
		.retain = number % 5 == 0,
		.time_ms = TIME_MS + (int64_t)number,
		.expires_ms = number % 7 == 0 ? INT64_MAX / 2 : 0,
		.epoch = number % 4 == 0 ? 7 : 0,
		.seq = number % 4 == 0 ? number + 1 : 0,
	};
}

bool ledger_number_of(const struct ledger *ledger, const struct outbox_message *message,
		      size_t *number)
{
	size_t n = (size_t)(message->time_ms - TIME_MS);

	if (message->time_ms < TIME_MS || n >= LEDGER_MESSAGES || !ledger->messages[n].tried)
		return false;
	struct outbox_message is = ledger_message_of(n, ledger->messages[n].size);
	*number = n;
	return strcmp(message->topic, is.topic) == 0 && message->size == is.size &&
	       memcmp(message->payload, is.payload, is.size) == 0 && message->qos == is.qos &&
	       message->retain == is.retain && message->expires_ms == is.expires_ms &&
	       message->epoch == is.epoch && message->seq == is.seq;
}

struct outbox_origin ledger_origin_of(const struct ledger_origin *origin)
{
	static const char *const kits[LEDGER_KITS] = {"balcony", "w\xC3\xA4rme 2"};

	return (struct outbox_origin){
		.kit = kits[origin->kit], .boot = origin->boot, .seq = origin->seq};
}

void ledger_add_state(struct ledger_message *message, uint16_t packet_id, bool released)
{
	demand(message->state_count < LEDGER_STATES, "too much between two settlements");
	message->states[message->state_count] = (struct ledger_state){packet_id, released};
	message->state_count++;
}

void ledger_settle(struct ledger *ledger)
{
	for (size_t i = 0; i < LEDGER_MESSAGES; i++) {
		struct ledger_message *message = &ledger->messages[i];
		message->saved = message->accepted;
		message->end_saved = message->ended;
		if (message->state_count > 1)
			message->states[0] = message->states[message->state_count - 1];
		if (message->state_count > 1)
			message->state_count = 1;
	}
	for (size_t i = 0; i < LEDGER_RECEIPTS; i++) {
		ledger->receipts[i].saved = ledger->receipts[i].accepted;
		ledger->receipts[i].end_saved = ledger->receipts[i].end_accepted;
	}
}

/* ---- Checking ---- */

struct finding {
	const struct ledger *ledger;
	enum ledger_loss loss;
	uint64_t ids[LEDGER_MESSAGES]; /* where each message was found; 0: nowhere */
	bool receipts[LEDGER_RECEIPTS];
	uint64_t last_id;
	struct outbox_flight flights[FLIGHTS];
	struct outbox_position positions[LEDGER_KITS];
};

static bool may_be(const struct ledger_message *message, uint16_t packet_id, bool released)
{
	for (size_t i = 0; i < message->state_count; i++)
		if (message->states[i].packet_id == packet_id &&
		    message->states[i].released == released)
			return true;
	return false;
}

static void take_message(struct finding *finding, const struct outbox_message *found,
			 uint16_t packet_id, bool released)
{
	size_t n = 0;

	demand(ledger_number_of(finding->ledger, found, &n), "%llu is not what was appended",
	       (unsigned long long)found->id);
	const struct ledger_message *message = &finding->ledger->messages[n];
	demand(finding->ids[n] == 0, "message %zu is there twice", n);
	demand(!message->accepted || message->id == found->id, "message %zu has another id", n);
	demand(finding->loss == LEDGER_REFUSED_KEPT || !message->refused,
	       "message %zu is there, but its append failed", n);
	demand(finding->loss == LEDGER_NEWEST_LOST || !message->end_saved,
	       "message %zu is back, though its end was saved", n);
	demand(finding->loss == LEDGER_NEWEST_LOST || may_be(message, packet_id, released),
	       "message %zu is in flight as %d%s", n, packet_id, released ? ", released" : "");
	finding->ids[n] = found->id;
}

static void take_packet(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	struct finding *finding = context;

	demand(packet_id > 0 && packet_id <= LEDGER_RECEIPTS, "packet %d", packet_id);
	const struct ledger_receipt *receipt = &finding->ledger->receipts[packet_id - 1];
	demand(receipt->tried, "packet %d never came", packet_id);
	demand(finding->loss == LEDGER_NEWEST_LOST || !receipt->end_saved,
	       "packet %d is back, though its end was saved", packet_id);
	demand(!finding->receipts[packet_id - 1], "packet %d is there twice", packet_id);
	demand(size == sizeof packet_id && memcmp(packet, &packet_id, size) == 0,
	       "packet %d is not what came", packet_id);
	finding->receipts[packet_id - 1] = true;
}

/* As the session does after a start. */
static void take_all(struct outbox *outbox, struct finding *finding)
{
	size_t count = outbox_flights(outbox, finding->flights, FLIGHTS);
	struct outbox_message message;
	uint64_t before = 0;

	for (size_t i = 0; i < count; i++) {
		const struct outbox_flight *flight = &finding->flights[i];
		demand(flight->message.id > before, "flights are not in order");
		demand(flight->packet_id > 0, "a flight has no packet id");
		before = flight->message.id;
		take_message(finding, &flight->message, flight->packet_id, flight->released);
	}
	for (before = 0; outbox_next(outbox, OUTBOX_BACKLOG, &message); before = message.id) {
		demand(message.id > before, "messages are not in order");
		take_message(finding, &message, 0, false);
	}
	outbox_received(outbox, take_packet, finding);
	for (size_t kit = 0; kit < LEDGER_KITS; kit++)
		outbox_position(outbox, ledger_origin_of(&(struct ledger_origin){.kit = kit}).kit,
				&finding->positions[kit]);
	finding->last_id = outbox_last_id(outbox);
}

static void no_drop(void *context, const struct outbox_message *message, const char *why)
{
	(void)context;
	demand(false, "message %llu was given up: %s", (unsigned long long)message->id, why);
}

static void no_word(void *context, iotkit_status status, const char *text)
{
	(void)context;
	demand(status == IOTKIT_OK, "%s", text);
}

static void read_outbox(const char *path, struct finding *finding)
{
	struct outbox_listener listener = {.dropped = no_drop, .told = no_word};
	struct outbox_limits limits = {.max_rows = ROOM, .max_bytes = 1000 * ROOM};
	struct outbox *outbox;

	demand(outbox_open(&listener, &outbox) == IOTKIT_OK, "%s", error_last());
	outbox_set_limits(outbox, &limits);
	demand(outbox_attach(outbox, path, STORE_SYNC_PROCESS) == IOTKIT_OK, "%s", error_last());
	take_all(outbox, finding);
	outbox_close(outbox);
}

/* Whether it opens as a sound one, to us and to SQLite. */
static void check_file(const char *path)
{
	struct store_found found;
	struct store *store;
	sqlite3 *db;
	sqlite3_stmt *check;

	demand(store_open(path, STORE_SYNC_PROCESS, &store, &found) == IOTKIT_OK, "%s",
	       error_last());
	demand(found.aside[0] == '\0', "it was set aside as %s", found.aside);
	demand(found.lost == 0, "it has lost %llu messages", (unsigned long long)found.lost);
	store_close(store);
	demand(sqlite3_open(path, &db) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	demand(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL) == SQLITE_OK &&
		       sqlite3_step(check) == SQLITE_ROW,
	       "%s", sqlite3_errmsg(db));
	demand(strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0, "%s",
	       sqlite3_column_text(check, 0));
	sqlite3_finalize(check);
	sqlite3_close(db);
}

/* With the newest lost, of what is there nothing is newer than what is not. */
static void check_messages(const struct finding *finding)
{
	uint64_t first_lost = UINT64_MAX;

	for (size_t i = 0; i < LEDGER_MESSAGES; i++) {
		const struct ledger_message *message = &finding->ledger->messages[i];
		if (!message->saved || message->ended || finding->ids[i] != 0)
			continue;
		demand(finding->loss == LEDGER_NEWEST_LOST, "message %zu was accepted, and is lost",
		       i);
		if (message->id < first_lost)
			first_lost = message->id;
	}
	for (size_t i = 0; i < LEDGER_MESSAGES; i++)
		demand(finding->ids[i] < first_lost, "message %zu is there, an older one is not",
		       i);
}

/* At no moment are there both or neither. */
static void check_heirs(const struct finding *finding)
{
	for (size_t i = 0; i < LEDGER_MESSAGES; i++) {
		const struct ledger_message *message = &finding->ledger->messages[i];
		size_t heir = message->heir;
		if (heir == 0)
			continue;
		demand(finding->ids[i] == 0 || finding->ids[heir] == 0,
		       "message %zu is there, and so is %zu in its place", i, heir);
		demand(finding->loss == LEDGER_NEWEST_LOST || finding->ids[i] != 0 ||
			       finding->ids[heir] != 0,
		       "message %zu is gone, and %zu is not in its place", i, heir);
	}
}

/* No message is there that a position does not cover, and no position covers one that is
 * not there nor was: what a kit sends again is never taken twice, and always once. */
static void check_origin(const struct finding *finding, size_t n)
{
	const struct ledger_message *message = &finding->ledger->messages[n];
	const struct outbox_position *is = &finding->positions[message->origin.kit];
	bool covered = message->origin.boot < is->boot ||
		       (message->origin.boot == is->boot && message->origin.seq <= is->taken);

	demand(is->saved == is->taken, "what was read is not said to be saved");
	demand(covered || finding->ids[n] == 0,
	       "message %zu is there, and would be taken again: its kit is at %u of %u", n,
	       is->taken, is->boot);
	demand(!covered || finding->ids[n] != 0 || message->ended,
	       "message %zu is not there, and would not be taken again: its kit is at %u of %u", n,
	       is->taken, is->boot);
	demand(covered || !message->saved || finding->loss == LEDGER_NEWEST_LOST,
	       "message %zu was saved, and would be taken again: its kit is at %u of %u", n,
	       is->taken, is->boot);
}

static void check_origins(const struct finding *finding)
{
	for (size_t i = 0; i < LEDGER_MESSAGES; i++)
		if (finding->ledger->messages[i].origin.known)
			check_origin(finding, i);
}

static void check_rest(const struct finding *finding)
{
	for (int i = 0; i < LEDGER_RECEIPTS; i++) {
		const struct ledger_receipt *receipt = &finding->ledger->receipts[i];
		demand(!receipt->saved || receipt->ended || finding->receipts[i],
		       "packet %d came, and is lost", i + 1);
	}
	for (size_t i = 0; i < LEDGER_MESSAGES; i++)
		demand(!finding->ledger->messages[i].saved ||
			       finding->ledger->messages[i].id <= finding->last_id,
		       "the id of message %zu would be given again", i);
}

void ledger_check(const struct ledger *ledger, const char *path, enum ledger_loss loss)
{
	struct finding finding = {.ledger = ledger, .loss = loss};

	check_file(path);
	read_outbox(path, &finding);
	check_messages(&finding);
	check_heirs(&finding);
	check_origins(&finding);
	if (loss != LEDGER_NEWEST_LOST)
		check_rest(&finding);
}
