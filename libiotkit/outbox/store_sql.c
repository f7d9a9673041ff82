/* SPDX-License-Identifier: MIT
 *
 * The statements, prepared once.
 */
#include "outbox/store_internal.h"

#include <stdio.h>

#include "outbox/outbox.h"

#define MESSAGE "id, time_ms, expires_ms, qos, retain, total, sum, topic, payload, epoch, seq"

static const char *const texts[SQL_COUNT] = {
	/* The write lock at once, so that nothing within fails for want of it. */
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_INSERT] = "INSERT OR IGNORE INTO message (" MESSAGE ")"
		       " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
	[SQL_REMOVE] = "DELETE FROM message WHERE id=?",
	[SQL_SET_TOTALS] = "REPLACE INTO totals (id, last_id, accepted_bytes, removed_rows,"
			   " removed_bytes, sum) VALUES (1,?,?,?,?,?)",
	[SQL_GET_TOTALS] = "SELECT last_id, accepted_bytes, removed_rows, removed_bytes, sum"
			   " FROM totals WHERE id=1",
	[SQL_LAST_ROW] = "SELECT " MESSAGE " FROM message ORDER BY id DESC LIMIT 1",
	[SQL_FIRST_ID] = "SELECT id FROM message ORDER BY id LIMIT 1",
	[SQL_READ] = "SELECT " MESSAGE " FROM message WHERE id>=? AND id<? ORDER BY id",
	[SQL_SET_FLIGHT] = "REPLACE INTO flight (id, packet_id, released, sum) VALUES (?,?,?,?)",
	[SQL_END_FLIGHT] = "DELETE FROM flight WHERE id=?",
	[SQL_READ_FLIGHTS] = "SELECT id, packet_id, released, sum FROM flight ORDER BY id",
	[SQL_SET_RECEIVED] = "REPLACE INTO received (packet_id, sum, packet) VALUES (?,?,?)",
	[SQL_END_RECEIVED] = "DELETE FROM received WHERE packet_id=?",
	[SQL_READ_RECEIVED] = "SELECT packet_id, sum, packet FROM received ORDER BY packet_id",
	[SQL_SET_TEXT] = "REPLACE INTO text (name, value, sum) VALUES (?,?,?)",
	[SQL_GET_TEXT] = "SELECT value, sum FROM text WHERE name=?",
	[SQL_REMOVE_TEXT] = "DELETE FROM text WHERE name=?",
	[SQL_READ_TEXTS] = "SELECT value, sum, name FROM text WHERE name>=? ORDER BY name",
};

iotkit_status store_prepare_one(struct store *store, enum store_sql which)
{
	int code = sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
				      &store->sql[which], NULL);

	return code == SQLITE_OK ? IOTKIT_OK : store_fail(store, "read");
}

void store_finalize_one(struct store *store, enum store_sql which)
{
	sqlite3_finalize(store->sql[which]);
	store->sql[which] = NULL;
}

iotkit_status store_prepare(struct store *store)
{
	iotkit_status status = IOTKIT_OK;

	for (int i = 0; i < SQL_COUNT && status == IOTKIT_OK; i++)
		status = store_prepare_one(store, (enum store_sql)i);
	return status;
}

void store_finalize(struct store *store)
{
	for (int i = 0; i < SQL_COUNT; i++)
		store_finalize_one(store, (enum store_sql)i);
}

void store_reset(struct store *store, enum store_sql which)
{
	sqlite3_reset(store->sql[which]);
	/* What is bound is borrowed. */
	sqlite3_clear_bindings(store->sql[which]);
}

iotkit_status store_step(struct store *store, enum store_sql which, bool *row, const char *verb)
{
	int code = sqlite3_step(store->sql[which]);

	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return IOTKIT_OK;
	iotkit_status status = store_fail(store, verb);
	store_reset(store, which);
	return status;
}

iotkit_status store_run(struct store *store, enum store_sql which, const char *verb)
{
	bool row;
	iotkit_status status = store_step(store, which, &row, verb);

	if (status == IOTKIT_OK)
		store_reset(store, which);
	return status;
}

iotkit_status store_execute(struct store *store, const char *sql, const char *verb)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, verb);
	return IOTKIT_OK;
}

iotkit_status store_number(struct store *store, const char *sql, int64_t *out, const char *verb)
{
	sqlite3_stmt *statement = NULL;
	iotkit_status status = IOTKIT_OK;

	*out = 0;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else if (code != SQLITE_DONE)
		status = store_fail(store, verb);
	sqlite3_finalize(statement);
	return status;
}

void outbox_describe_library(char *text, size_t size)
{
	snprintf(text, size, "SQLite %s", sqlite3_libversion());
}
