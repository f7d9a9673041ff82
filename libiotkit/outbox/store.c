/* SPDX-License-Identifier: MIT */
#include "outbox/store.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "outbox/store_internal.h"

/* Rows are known to have been in a damaged file by its totals, which inserts alone
 * leave behind by no more than this. */
enum { TOTALS_BEHIND_MAX = 1024 };

/* ---- Transactions ---- */

/* Whoever moves the file away would have all that follows written to nowhere. */
static iotkit_status check_place(struct store *store)
{
	char path[FILE_PATH_SIZE];
	int moved = 0;

	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
	    moved == 0)
		return IOTKIT_OK;
	store->fault = STORE_TROUBLE;
	return error_set(IOTKIT_ESYSTEM,
			 "the outbox %s was moved or removed while in use: put it back, or restart "
			 "this program",
			 file_path(store->path, path));
}

static iotkit_status apply_sync(struct store *store)
{
	if (store->sync == store->sync_in_force)
		return IOTKIT_OK;
	iotkit_status status =
		store_execute(store,
			      store->sync == STORE_SYNC_POWER ? "PRAGMA synchronous=FULL"
							      : "PRAGMA synchronous=NORMAL",
			      "set up");
	if (status == IOTKIT_OK)
		store->sync_in_force = store->sync;
	return status;
}

iotkit_status store_begin(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");

	if (status == IOTKIT_OK)
		status = check_place(store);
	/* Memory may have been short for rolling back the last one. */
	if (status == IOTKIT_OK && sqlite3_get_autocommit(store->db) == 0)
		status = store_run(store, SQL_ROLLBACK, "save to");
	if (status == IOTKIT_OK)
		status = apply_sync(store);
	if (status == IOTKIT_OK)
		status = store_run(store, SQL_BEGIN, "save to");
	return status;
}

static bool are_totals_due(const struct store *store)
{
	const struct store_totals *now = &store->totals;
	const struct store_totals *then = &store->in_file;

	return now->removed_rows != then->removed_rows ||
	       now->removed_bytes != then->removed_bytes ||
	       now->last_id - then->last_id >= TOTALS_BEHIND_MAX;
}

static iotkit_status write_totals(struct store *store)
{
	const struct store_totals *totals = &store->totals;
	sqlite3_stmt *set = store->sql[SQL_SET_TOTALS];

	sqlite3_bind_int64(set, 1, (int64_t)totals->last_id);
	sqlite3_bind_int64(set, 2, (int64_t)totals->accepted_bytes);
	sqlite3_bind_int64(set, 3, (int64_t)totals->removed_rows);
	sqlite3_bind_int64(set, 4, (int64_t)totals->removed_bytes);
	sqlite3_bind_int64(set, 5, store_sum_totals(totals));
	return store_run(store, SQL_SET_TOTALS, "save to");
}

iotkit_status store_commit(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");
	bool totals_go = store->totals_go || are_totals_due(store);

	if (status == IOTKIT_OK && totals_go)
		status = write_totals(store);
	if (status == IOTKIT_OK)
		status = store_run(store, SQL_COMMIT, "save to");
	if (status != IOTKIT_OK)
		return status;
	store->committed = store->totals;
	if (totals_go)
		store->in_file = store->totals;
	store->totals_go = false;
	return IOTKIT_OK;
}

void store_rollback(struct store *store)
{
	store->totals = store->committed;
	store->totals_go = false;
	/* SQLite has rolled back itself after some failures. */
	if (store->db != NULL && sqlite3_get_autocommit(store->db) == 0) {
		sqlite3_step(store->sql[SQL_ROLLBACK]);
		store_reset(store, SQL_ROLLBACK);
	}
}

/* ---- Messages ---- */

static uint64_t bytes_of(const struct store_row *row)
{
	return row->topic_size + row->message.size;
}

static void bind_or_null(sqlite3_stmt *statement, int column, uint64_t number)
{
	if (number != 0)
		sqlite3_bind_int64(statement, column, (int64_t)number);
}

/* SQLite remembers a bind that fails, and the step that follows tells. */
static void bind_row(sqlite3_stmt *statement, const struct store_row *row)
{
	const struct outbox_message *message = &row->message;

	sqlite3_bind_int64(statement, 1, (int64_t)message->id);
	sqlite3_bind_int64(statement, 2, message->time_ms);
	sqlite3_bind_int64(statement, 3, message->expires_ms);
	sqlite3_bind_int(statement, 4, message->qos);
	sqlite3_bind_int(statement, 5, message->retain);
	sqlite3_bind_int64(statement, 6, (int64_t)row->total);
	sqlite3_bind_int64(statement, 7, store_sum_message(row));
	sqlite3_bind_text64(statement, 8, message->topic, row->topic_size, SQLITE_STATIC,
			    SQLITE_UTF8);
	sqlite3_bind_blob64(statement, 9, message->size > 0 ? message->payload : "", message->size,
			    SQLITE_STATIC);
	bind_or_null(statement, 10, message->epoch);
	bind_or_null(statement, 11, message->seq);
}

iotkit_status store_insert_row(struct store *store, struct store_row *row)
{
	struct store_totals next = store->totals;

	if (row->message.id > next.last_id) {
		next.removed_rows += row->message.id - next.last_id - 1;
		next.last_id = row->message.id;
		next.accepted_bytes += bytes_of(row);
	} else {
		/* Salvage lost it, and it comes again. */
		next.removed_rows--;
		next.removed_bytes -= bytes_of(row);
	}
	row->total = next.accepted_bytes;
	bind_row(store->sql[SQL_INSERT], row);
	iotkit_status status = store_run(store, SQL_INSERT, "save to");
	if (status == IOTKIT_OK)
		store->totals = next;
	return status;
}

iotkit_status store_insert(struct store *store, const struct outbox_message *message)
{
	struct store_row row = {.message = *message, .topic_size = strlen(message->topic)};
	iotkit_status status = store_check_open(store, "save to");

	return status == IOTKIT_OK ? store_insert_row(store, &row) : status;
}

iotkit_status store_remove(struct store *store, uint64_t id, uint64_t bytes)
{
	struct store_totals *totals = &store->totals;
	iotkit_status status = store_end_flight(store, id);

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int64(store->sql[SQL_REMOVE], 1, (int64_t)id);
	status = store_run(store, SQL_REMOVE, "save to");
	/* One that salvage has lost is not there. */
	if (status != IOTKIT_OK || sqlite3_changes(store->db) == 0)
		return status;
	totals->removed_rows++;
	totals->removed_bytes += bytes;
	/* A damaged row may have told the wrong size. */
	if (totals->removed_rows == totals->last_id)
		totals->removed_bytes = totals->accepted_bytes;
	return IOTKIT_OK;
}

/* ---- The session's state ---- */

iotkit_status store_set_flight(struct store *store, uint64_t id, uint16_t packet_id, bool released)
{
	sqlite3_stmt *set = store->sql[SQL_SET_FLIGHT];
	iotkit_status status = store_check_open(store, "save to");

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int64(set, 1, (int64_t)id);
	sqlite3_bind_int(set, 2, packet_id);
	sqlite3_bind_int(set, 3, released);
	sqlite3_bind_int64(set, 4, store_sum_flight(id, packet_id, released));
	return store_run(store, SQL_SET_FLIGHT, "save to");
}

iotkit_status store_end_flight(struct store *store, uint64_t id)
{
	iotkit_status status = store_check_open(store, "save to");

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int64(store->sql[SQL_END_FLIGHT], 1, (int64_t)id);
	return store_run(store, SQL_END_FLIGHT, "save to");
}

iotkit_status store_set_received(struct store *store, uint16_t packet_id, const void *packet,
				 size_t size)
{
	sqlite3_stmt *set = store->sql[SQL_SET_RECEIVED];
	iotkit_status status = store_check_open(store, "save to");

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int(set, 1, packet_id);
	sqlite3_bind_int64(set, 2, store_sum_received(packet_id, packet, size));
	sqlite3_bind_blob64(set, 3, size > 0 ? packet : "", size, SQLITE_STATIC);
	return store_run(store, SQL_SET_RECEIVED, "save to");
}

iotkit_status store_end_received(struct store *store, uint16_t packet_id)
{
	iotkit_status status = store_check_open(store, "save to");

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int(store->sql[SQL_END_RECEIVED], 1, packet_id);
	return store_run(store, SQL_END_RECEIVED, "save to");
}

/* ---- Texts ---- */

iotkit_status store_put_text(struct store *store, const char *name, size_t name_size,
			     const char *text, size_t text_size)
{
	sqlite3_stmt *set = store->sql[SQL_SET_TEXT];

	sqlite3_bind_text64(set, 1, name, name_size, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text64(set, 2, text, text_size, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_int64(set, 3, store_sum_text(name, name_size, text, text_size));
	return store_run(store, SQL_SET_TEXT, "save to");
}

iotkit_status store_remove_text(struct store *store, const char *name)
{
	sqlite3_bind_text(store->sql[SQL_REMOVE_TEXT], 1, name, -1, SQLITE_STATIC);
	return store_run(store, SQL_REMOVE_TEXT, "save to");
}

iotkit_status store_set_text(struct store *store, const char *name, const char *text)
{
	iotkit_status status = store_begin(store);

	if (status != IOTKIT_OK)
		return status;
	status = store_put_text(store, name, strlen(name), text, strlen(text));
	if (status == IOTKIT_OK)
		status = store_commit(store);
	if (status != IOTKIT_OK)
		store_rollback(store);
	return status;
}
