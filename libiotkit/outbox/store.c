/* SPDX-License-Identifier: MIT
 *
 * What is asked for becomes a batch of the journal. A batch that is large, or that the journal
 * has no room for, goes into the database instead, behind all that is in the journal.
 */
#include "outbox/store.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "outbox/settle.h"
#include "outbox/table.h"

enum { CHECK_PLACE_MS = 100 };

/* ---- Transactions ---- */

/* Whoever moves the file away would have all that follows written to nowhere. To ask costs as
 * much as to write a message. */
static iotkit_status check_place(struct store *store)
{
	char path[FILE_PATH_SIZE];
	int64_t now = clock_monotonic_ms();
	int moved = 0;

	if (now < store->check_place_at)
		return IOTKIT_OK;
	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
	    moved == 0) {
		store->check_place_at = now + CHECK_PLACE_MS;
		journal_check_place(&store->journal);
		return IOTKIT_OK;
	}
	store->fault = STORE_TROUBLE;
	return error_set(IOTKIT_ESYSTEM,
			 "the outbox %s was moved or removed while in use: put it back, or restart "
			 "this program",
			 file_path(store->path, path));
}

static iotkit_status check_memory(struct store *store, iotkit_status status)
{
	if (status != IOTKIT_OK)
		store->fault = STORE_TROUBLE;
	return status;
}

iotkit_status store_begin(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");

	if (status == IOTKIT_OK)
		status = check_place(store);
	if (status == IOTKIT_OK)
		status = check_memory(store, journal_begin(&store->journal));
	return status;
}

/* From here on what is asked for goes into the database. */
static iotkit_status go_direct(struct store *store)
{
	iotkit_status status = settle_begin(store);

	store->is_direct = true;
	return status;
}

/* With sync=power the journal is of no worth before the database's own generation of it is
 * safe, which an earlier sync=process may have left to the system. */
static bool has_to_go_direct(const struct store *store)
{
	return !journal_has_room(&store->journal) ||
	       (store->sync == STORE_SYNC_POWER && store->sync_in_force != STORE_SYNC_POWER);
}

iotkit_status store_commit(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");

	if (status == IOTKIT_OK && !store->is_direct && has_to_go_direct(store))
		status = go_direct(store);
	if (status != IOTKIT_OK)
		return status;
	if (store->is_direct) {
		status = settle_commit(store);
		store->is_direct = status != IOTKIT_OK;
		return status;
	}
	int code = journal_commit(&store->journal, store->sync == STORE_SYNC_POWER);
	return code == SQLITE_OK ? IOTKIT_OK : store_fail_journal(store, code, "save to");
}

void store_rollback(struct store *store)
{
	if (store->is_direct)
		table_rollback(store);
	store->is_direct = false;
	journal_drop(&store->journal);
}

static iotkit_status put(struct store *store, const struct change *change)
{
	struct journal *journal = &store->journal;
	iotkit_status status = store_check_open(store, "save to");
	bool is_large =
		change_size(change) > JOURNAL_BATCH_MAX - (journal->bytes.size - journal->size);

	if (status == IOTKIT_OK && !store->is_direct && is_large)
		status = go_direct(store);
	if (status != IOTKIT_OK)
		return status;
	if (store->is_direct)
		return table_apply(store, change);
	return check_memory(store, change_write(change, &journal->bytes));
}

/* ---- Messages ---- */

iotkit_status store_insert(struct store *store, const struct outbox_message *message)
{
	return put(store, &(struct change){.kind = CHANGE_INSERT,
					   .id = message->id,
					   .message = *message,
					   .first = {message->topic, strlen(message->topic)}});
}

iotkit_status store_remove(struct store *store, uint64_t id, uint64_t bytes)
{
	return put(store, &(struct change){.kind = CHANGE_REMOVE, .id = id, .bytes = bytes});
}

/* ---- The session's state ---- */

iotkit_status store_set_flight(struct store *store, uint64_t id, uint16_t packet_id, bool released)
{
	return put(store, &(struct change){.kind = CHANGE_SET_FLIGHT,
					   .id = id,
					   .packet_id = packet_id,
					   .released = released});
}

iotkit_status store_end_flight(struct store *store, uint64_t id)
{
	return put(store, &(struct change){.kind = CHANGE_END_FLIGHT, .id = id});
}

iotkit_status store_set_received(struct store *store, uint16_t packet_id, const void *packet,
				 size_t size)
{
	return put(store, &(struct change){.kind = CHANGE_SET_RECEIVED,
					   .packet_id = packet_id,
					   .second = {packet, size}});
}

iotkit_status store_end_received(struct store *store, uint16_t packet_id)
{
	return put(store, &(struct change){.kind = CHANGE_END_RECEIVED, .packet_id = packet_id});
}

/* ---- Texts ---- */

iotkit_status store_put_text(struct store *store, const char *name, const char *text)
{
	return put(store, &(struct change){.kind = CHANGE_PUT_TEXT,
					   .first = {name, strlen(name)},
					   .second = {text, strlen(text)}});
}

iotkit_status store_remove_text(struct store *store, const char *name)
{
	return put(store,
		   &(struct change){.kind = CHANGE_REMOVE_TEXT, .first = {name, strlen(name)}});
}

iotkit_status store_set_text(struct store *store, const char *name, const char *text)
{
	iotkit_status status = store_begin(store);

	if (status == IOTKIT_OK)
		status = store_put_text(store, name, text);
	if (status == IOTKIT_OK)
		status = store_commit(store);
	if (status != IOTKIT_OK)
		store_rollback(store);
	return status;
}

/* ---- The journal ---- */

bool store_has_recent(const struct store *store)
{
	return store->journal.size > 0;
}

/* Whoever has the database locked is not waited for: another time will do. */
iotkit_status store_settle(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");

	if (status != IOTKIT_OK)
		return status;
	sqlite3_busy_timeout(store->db, 0);
	status = settle(store);
	sqlite3_busy_timeout(store->db, STORE_LOCK_MS);
	return status;
}
