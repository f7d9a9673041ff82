/* SPDX-License-Identifier: MIT */
#include "outbox/table.h"

#include <string.h>

/* Rows are known to have been in a damaged file by its totals, which inserts alone
 * leave behind by no more than this. */
enum { TOTALS_BEHIND_MAX = 1024 };

/* ---- Transactions ---- */

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

iotkit_status table_begin(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");

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

iotkit_status table_write_totals(struct store *store)
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

iotkit_status table_commit(struct store *store)
{
	iotkit_status status = store_check_open(store, "save to");
	bool totals_go = store->totals_go || are_totals_due(store);

	if (status == IOTKIT_OK && totals_go)
		status = table_write_totals(store);
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

void table_rollback(struct store *store)
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

void table_count_in(struct store *store, uint64_t id, uint64_t bytes)
{
	struct store_totals *totals = &store->totals;

	if (id > totals->last_id) {
		totals->removed_rows += id - totals->last_id - 1;
		totals->last_id = id;
		totals->accepted_bytes += bytes;
	} else {
		/* Salvage lost it, and it comes again. */
		totals->removed_rows--;
		totals->removed_bytes -= bytes;
	}
}

void table_count_out(struct store *store, uint64_t bytes)
{
	struct store_totals *totals = &store->totals;

	totals->removed_rows++;
	totals->removed_bytes += bytes;
	/* A damaged row may have told the wrong size. */
	if (totals->removed_rows == totals->last_id)
		totals->removed_bytes = totals->accepted_bytes;
}

iotkit_status table_insert(struct store *store, struct store_row *row, bool *is_new)
{
	const struct store_totals before = store->totals;

	table_count_in(store, row->message.id, bytes_of(row));
	row->total = store->totals.accepted_bytes;
	bind_row(store->sql[SQL_INSERT], row);
	iotkit_status status = store_run(store, SQL_INSERT, "save to");
	*is_new = status == IOTKIT_OK && sqlite3_changes(store->db) > 0;
	if (!*is_new)
		store->totals = before;
	return status;
}

static iotkit_status insert_message(struct store *store, const struct change *change)
{
	struct store_row row = {.message = change->message, .topic_size = change->first.size};
	bool is_new;

	return table_insert(store, &row, &is_new);
}

/* ---- The session's state ---- */

iotkit_status table_set_flight(struct store *store, uint64_t id, uint16_t packet_id, bool released)
{
	sqlite3_stmt *set = store->sql[SQL_SET_FLIGHT];

	sqlite3_bind_int64(set, 1, (int64_t)id);
	sqlite3_bind_int(set, 2, packet_id);
	sqlite3_bind_int(set, 3, released);
	sqlite3_bind_int64(set, 4, store_sum_flight(id, packet_id, released));
	return store_run(store, SQL_SET_FLIGHT, "save to");
}

static iotkit_status end_flight(struct store *store, uint64_t id)
{
	sqlite3_bind_int64(store->sql[SQL_END_FLIGHT], 1, (int64_t)id);
	return store_run(store, SQL_END_FLIGHT, "save to");
}

/* With its flight; bytes are those of its topic and payload. */
static iotkit_status remove_message(struct store *store, uint64_t id, uint64_t bytes)
{
	iotkit_status status = end_flight(store, id);

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int64(store->sql[SQL_REMOVE], 1, (int64_t)id);
	status = store_run(store, SQL_REMOVE, "save to");
	/* One that salvage has lost is not there. */
	if (status == IOTKIT_OK && sqlite3_changes(store->db) > 0)
		table_count_out(store, bytes);
	return status;
}

iotkit_status table_set_received(struct store *store, uint16_t packet_id, const void *packet,
				 size_t size)
{
	sqlite3_stmt *set = store->sql[SQL_SET_RECEIVED];

	sqlite3_bind_int(set, 1, packet_id);
	sqlite3_bind_int64(set, 2, store_sum_received(packet_id, packet, size));
	sqlite3_bind_blob64(set, 3, size > 0 ? packet : "", size, SQLITE_STATIC);
	return store_run(store, SQL_SET_RECEIVED, "save to");
}

static iotkit_status end_received(struct store *store, uint16_t packet_id)
{
	sqlite3_bind_int(store->sql[SQL_END_RECEIVED], 1, packet_id);
	return store_run(store, SQL_END_RECEIVED, "save to");
}

/* ---- Texts ---- */

iotkit_status table_put_text(struct store *store, struct change_bytes name,
			     struct change_bytes text)
{
	sqlite3_stmt *set = store->sql[SQL_SET_TEXT];

	sqlite3_bind_text64(set, 1, name.at, name.size, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text64(set, 2, text.at, text.size, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_int64(set, 3, store_sum_text(name.at, name.size, text.at, text.size));
	return store_run(store, SQL_SET_TEXT, "save to");
}

static iotkit_status remove_text(struct store *store, struct change_bytes name)
{
	sqlite3_bind_text64(store->sql[SQL_REMOVE_TEXT], 1, name.at, name.size, SQLITE_STATIC,
			    SQLITE_UTF8);
	return store_run(store, SQL_REMOVE_TEXT, "save to");
}

iotkit_status table_save_text(struct store *store, const char *name, const char *text)
{
	iotkit_status status = table_begin(store);

	if (status == IOTKIT_OK)
		status = table_put_text(store,
					(struct change_bytes){.at = name, .size = strlen(name)},
					(struct change_bytes){.at = text, .size = strlen(text)});
	if (status == IOTKIT_OK)
		status = table_commit(store);
	if (status != IOTKIT_OK)
		table_rollback(store);
	return status;
}

/* ---- All of them ---- */

iotkit_status table_apply(struct store *store, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_INSERT:
		return insert_message(store, change);
	case CHANGE_REMOVE:
		return remove_message(store, change->id, change->bytes);
	case CHANGE_SET_FLIGHT:
		return table_set_flight(store, change->id, change->packet_id, change->released);
	case CHANGE_END_FLIGHT:
		return end_flight(store, change->id);
	case CHANGE_SET_RECEIVED:
		return table_set_received(store, change->packet_id, change->second.at,
					  change->second.size);
	case CHANGE_END_RECEIVED:
		return end_received(store, change->packet_id);
	case CHANGE_PUT_TEXT:
		return table_put_text(store, change->first, change->second);
	case CHANGE_REMOVE_TEXT:
		return remove_text(store, change->first);
	}
	return store_fail_corrupt(store, "a change in its journal is unknown");
}
