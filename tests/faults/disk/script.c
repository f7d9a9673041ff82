/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "base/error.h"
#include "life.h"
#include "rounds.h"

enum { SMALL = 40, FIRST = 8, LARGE = 60000, LARGE_FIRST = 20, LARGE_COUNT = 24 };
enum { FIRST_OF_KIT = 100, OF_A_BOOT = 50 };

static void begin(struct life *life, const char *path, enum store_sync sync, struct ledger *ledger)
{
	life_begin(life, ledger);
	demand(life_attach(life, path, sync) == IOTKIT_OK, "%s", error_last());
}

static void append(struct life *life, size_t number, size_t size, enum outbox_care care)
{
	demand(life_append(life, number, size, care) == IOTKIT_OK, "%s", error_last());
}

static void receive(struct life *life, uint16_t packet_id)
{
	demand(life_receive(life, packet_id) == IOTKIT_OK, "%s", error_last());
}

static void end_received(struct life *life, uint16_t packet_id)
{
	demand(life_end_received(life, packet_id) == IOTKIT_OK, "%s", error_last());
}

/* Of messages 0 to 7, 0 and 7 never fly, 1 is acknowledged, 2 is in flight, 3 released,
 * 4 put back, 5 dropped, 6 put back at once. */
static void first_life(struct life *life)
{
	for (size_t i = 0; i < FIRST - 2; i++)
		append(life, i, SMALL + i, OUTBOX_SAVED);
	append(life, FIRST - 2, SMALL, OUTBOX_QUEUED);
	append(life, FIRST - 1, SMALL, OUTBOX_QUEUED);
	life_settle(life);
	for (int i = 0; i < FIRST - 1; i++)
		demand(life_next(life) == i, "message %d did not come", i);
	for (int i = 1; i < FIRST - 2; i++)
		life_fly(life, i, (uint16_t)(100 + i), false);
	life_put_back(life, 0);
	receive(life, 1);
	receive(life, 2);
	life_settle(life);
	life_acknowledge(life, 1);
	life_fly(life, 3, 103, true);
	life_settle(life);
	life_put_back(life, 4);
	life_drop(life, 5);
	end_received(life, 1);
	life_fly(life, 6, 106, false);
	life_put_back(life, 6);
	life_settle(life);
	receive(life, 3);
}

/* Messages 11 and 12 give way to 13; 14 stays for the life after. */
static void keep_some(struct life *life)
{
	static const size_t kept[] = {11, 12};

	for (size_t i = 11; i <= 12; i++)
		demand(life_keep(life, i, SMALL) == IOTKIT_OK, "%s", error_last());
	demand(life_replace(life, kept, 2, 13, SMALL) == IOTKIT_OK, "%s", error_last());
	life_settle(life);
	demand(life_keep(life, 14, SMALL) == IOTKIT_OK, "%s", error_last());
}

static void second_life(struct life *life)
{
	struct outbox_flight flights[FIRST];

	demand(outbox_flights(life->outbox, flights, FIRST) == 2, "not 2 and 3 are in flight");
	life_fly(life, 2, 102, true);
	life_acknowledge(life, 3);
	life_settle(life);
	demand(life_next(life) == 0, "message 0 did not come");
	life_fly(life, 0, 100, false);
	life_settle(life);
	life_acknowledge(life, 0);
	keep_some(life);
	append(life, 10, LARGE, OUTBOX_SAVED);
	end_received(life, 2);
}

static void run_lives(const char *path, enum store_sync sync, struct ledger *ledger)
{
	struct life life;

	begin(&life, path, sync, ledger);
	first_life(&life);
	life_end(&life);
	begin(&life, path, sync, ledger);
	second_life(&life);
	life_end(&life);
}

/* ---- Kits ---- */

static struct ledger_origin from(size_t kit, uint32_t boot, uint32_t seq)
{
	return (struct ledger_origin){.known = true, .kit = kit, .boot = boot, .seq = seq};
}

/* Messages FIRST_OF_KIT + 2 * seq of kit 0, and the next ones of kit 1. */
static size_t number_of(const struct ledger_origin *origin)
{
	return FIRST_OF_KIT + OF_A_BOOT * (origin->boot - 1) + 2 * origin->seq + origin->kit;
}

static size_t send(struct life *life, struct ledger_origin origin)
{
	life_append_from(life, number_of(&origin), SMALL, &origin);
	return number_of(&origin);
}

static size_t keep_for_pack(struct life *life, struct ledger_origin origin)
{
	life_keep_from(life, number_of(&origin), SMALL, &origin);
	return number_of(&origin);
}

/* The last ones are not awaited. */
static void first_life_with_kits(struct life *life)
{
	size_t newest = 0;

	for (uint32_t seq = 1; seq <= 3; seq++) {
		send(life, from(0, 1, seq));
		newest = send(life, from(1, 1, seq));
	}
	life_await_kept(life, newest);
	life_acknowledge(life, life_next(life));
	life_acknowledge(life, life_next(life));
	life_await_kept(life, send(life, from(0, 1, 4)));
	const struct ledger_origin nothing = from(1, 1, 4);
	life_advance(life, number_of(&nothing), &nothing);
	life_await_kept(life, number_of(&nothing));
	const size_t kept[] = {keep_for_pack(life, from(0, 1, 5)),
			       keep_for_pack(life, from(1, 1, 5))};
	life_await_kept(life, kept[1]);
	demand(life_replace(life, kept, 2, 13, SMALL) == IOTKIT_OK, "%s", error_last());
	life_settle(life);
	send(life, from(0, 1, 6));
	send(life, from(1, 1, 6));
}

static void second_life_with_kits(struct life *life)
{
	life_await_kept(life, send(life, from(0, 2, 1)));
	send(life, from(1, 1, 7));
	life_acknowledge(life, life_next(life));
	life_await_kept(life, send(life, from(0, 2, 2)));
	life_await_kept(life, keep_for_pack(life, from(0, 2, 3)));
	send(life, from(1, 1, 8));
}

static void run_kits(const char *path, enum store_sync sync, struct ledger *ledger)
{
	struct life life;

	begin(&life, path, sync, ledger);
	first_life_with_kits(&life);
	life_end(&life);
	begin(&life, path, sync, ledger);
	second_life_with_kits(&life);
	life_end(&life);
}

/* ---- Space ---- */

/* The newest stays, beyond all the space that the others leave. */
static void send_large(const char *path, enum store_sync sync, struct ledger *ledger)
{
	struct life life;

	begin(&life, path, sync, ledger);
	for (size_t i = LARGE_FIRST; i < LARGE_FIRST + LARGE_COUNT; i++)
		append(&life, i, LARGE, OUTBOX_QUEUED);
	append(&life, LARGE_FIRST + LARGE_COUNT, SMALL, OUTBOX_SAVED);
	for (int i = LARGE_FIRST; i < LARGE_FIRST + LARGE_COUNT; i++) {
		demand(life_next(&life) == i, "message %d did not come", i);
		life_acknowledge(&life, i);
	}
	life_end(&life);
}

static void shrink(const char *path, enum store_sync sync, struct ledger *ledger)
{
	struct life life;
	struct store_found found;
	struct store *store;
	bool more = true;

	demand(store_open(path, sync, &store, &found) == IOTKIT_OK, "%s", error_last());
	uint64_t before = store_disk_bytes(store);
	while (more)
		demand(store_shrink(store, &more) == IOTKIT_OK, "%s", error_last());
	store_close(store);
	begin(&life, path, sync, ledger);
	append(&life, 10, SMALL, OUTBOX_SAVED);
	life_end(&life);
	demand(store_open(path, sync, &store, &found) == IOTKIT_OK, "%s", error_last());
	demand(store_disk_bytes(store) < before / 2, "no space was given back");
	store_close(store);
}

/* ---- From sync=process to sync=power ---- */

/* What was only queued before may be lost. */
static void run_safer(const char *path, enum store_sync sync, struct ledger *ledger)
{
	struct life life;
	char text[8];

	begin(&life, path, STORE_SYNC_PROCESS, ledger);
	for (size_t i = 0; i < FIRST; i++)
		append(&life, i, SMALL, OUTBOX_QUEUED);
	outbox_save(life.outbox);
	/* The database has all. */
	demand(outbox_get_text(life.outbox, "none", text, sizeof text) == IOTKIT_OK, "%s",
	       error_last());
	outbox_set_sync(life.outbox, sync);
	append(&life, 10, SMALL, OUTBOX_SAVED);
	append(&life, 11, SMALL, OUTBOX_SAVED);
	life_settle(&life);
	life_end(&life);
}

const struct script script_safer = {.name = "from process to power", .run = run_safer};
const struct script script_lives = {.name = "two lives", .run = run_lives};
const struct script script_kits = {.name = "kits", .run = run_kits};
const struct script script_shrink = {.name = "shrinking", .prepare = send_large, .run = shrink};
