/* SPDX-License-Identifier: MIT
 *
 * What the journal has and the database lacks is laid over the database, which stays as it
 * is: temporary tables, by the names of its own, are seen in their place. All of it ends with
 * the transaction that is read in.
 */
#include <stdlib.h>

#include "base/error.h"
#include "outbox/inspect_internal.h"
#include "outbox/settle.h"
#include "outbox/table.h"

#define MESSAGE "id, time_ms, expires_ms, qos, retain, total, sum, topic, payload, epoch, seq"

/* Messages may be too many to be copied or sorted, all else is little. Only with columns of
 * the same types does SQLite read both tables side by side, by their ids. */
static const char overlay_layout[] =
	"CREATE TEMP TABLE fresh (id INTEGER PRIMARY KEY, time_ms INTEGER, expires_ms INTEGER,"
	" qos INTEGER, retain INTEGER, total INTEGER, sum INTEGER, topic TEXT, payload BLOB,"
	" epoch INTEGER, seq INTEGER);"
	"CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE flight (id INTEGER PRIMARY KEY, packet_id, released, sum);"
	"INSERT INTO flight SELECT id, packet_id, released, sum FROM main.flight;"
	"CREATE TEMP TABLE received (packet_id INTEGER PRIMARY KEY, sum, packet);"
	"INSERT INTO received SELECT packet_id, sum, packet FROM main.received;"
	"CREATE TEMP TABLE text (name TEXT PRIMARY KEY, value, sum);"
	"INSERT INTO text SELECT name, value, sum FROM main.text;"
	"CREATE TEMP TABLE totals (id INTEGER PRIMARY KEY, last_id, accepted_bytes, removed_rows,"
	" removed_bytes, sum);"
	"INSERT INTO totals SELECT id, last_id, accepted_bytes, removed_rows, removed_bytes, sum"
	" FROM main.totals;"
	"CREATE TEMP VIEW message AS SELECT " MESSAGE " FROM main.message"
	" WHERE id NOT IN (SELECT id FROM temp.gone) UNION ALL SELECT " MESSAGE " FROM temp.fresh;"
	"CREATE TEMP TRIGGER comes INSTEAD OF INSERT ON message BEGIN"
	" INSERT OR IGNORE INTO fresh VALUES (NEW.id, NEW.time_ms, NEW.expires_ms, NEW.qos,"
	" NEW.retain, NEW.total, NEW.sum, NEW.topic, NEW.payload, NEW.epoch, NEW.seq); END;"
	"CREATE TEMP TRIGGER goes INSTEAD OF DELETE ON message BEGIN"
	" DELETE FROM fresh WHERE id=OLD.id; INSERT OR IGNORE INTO gone VALUES (OLD.id); END";

static const enum store_sql writing[] = {SQL_INSERT,       SQL_REMOVE,      SQL_SET_TOTALS,
					 SQL_SET_FLIGHT,   SQL_END_FLIGHT,  SQL_SET_RECEIVED,
					 SQL_END_RECEIVED, SQL_REMOVE_TEXT, SQL_SET_TEXT};

enum { WRITING_COUNT = sizeof writing / sizeof writing[0] };

struct overlay {
	struct store *store;
	sqlite3_stmt *find;
};

static iotkit_status find(const struct overlay *overlay, uint64_t id, bool *is_there)
{
	sqlite3_bind_int64(overlay->find, 1, (int64_t)id);
	int code = sqlite3_step(overlay->find);
	*is_there = code == SQLITE_ROW;
	iotkit_status status = code == SQLITE_ROW || code == SQLITE_DONE
				       ? IOTKIT_OK
				       : store_fail(overlay->store, "read");
	sqlite3_reset(overlay->find);
	return status;
}

/* Of what a trigger does, SQLite does not say how many rows it changed. */
static iotkit_status come(const struct overlay *overlay, const struct change *change)
{
	bool is_there;
	iotkit_status status = find(overlay, change->id, &is_there);

	if (status != IOTKIT_OK || is_there)
		return status;
	status = table_apply(overlay->store, change);
	table_count_in(overlay->store, change->id, change->first.size + change->message.size);
	return status;
}

static iotkit_status go(const struct overlay *overlay, const struct change *change)
{
	bool is_there;
	iotkit_status status = find(overlay, change->id, &is_there);

	if (status == IOTKIT_OK)
		status = table_apply(overlay->store, change);
	if (status == IOTKIT_OK && is_there)
		table_count_out(overlay->store, change->bytes);
	return status;
}

static iotkit_status apply(void *context, const struct change *change)
{
	const struct overlay *overlay = context;

	if (change->kind == CHANGE_INSERT)
		return come(overlay, change);
	if (change->kind == CHANGE_REMOVE)
		return go(overlay, change);
	return table_apply(overlay->store, change);
}

static iotkit_status apply_all(struct store *store, const struct journal *journal)
{
	struct overlay overlay = {.store = store};
	int code = sqlite3_prepare_v2(store->db, "SELECT 1 FROM message WHERE id=?", -1,
				      &overlay.find, NULL);
	iotkit_status status = code == SQLITE_OK ? settle_for_each(journal, apply, &overlay)
						 : store_fail(store, "read");

	sqlite3_finalize(overlay.find);
	return status;
}

static iotkit_status lay_over(struct store *store, const struct journal *journal)
{
	iotkit_status status = store_load_totals(store);

	if (status == IOTKIT_OK)
		status = store_execute(store, overlay_layout, "read");
	for (size_t i = 0; i < WRITING_COUNT && status == IOTKIT_OK; i++)
		status = store_prepare_one(store, writing[i]);
	if (status == IOTKIT_OK)
		status = apply_all(store, journal);
	if (status == IOTKIT_OK)
		status = table_write_totals(store);
	for (size_t i = 0; i < WRITING_COUNT; i++)
		store_finalize_one(store, writing[i]);
	return status;
}

/* Whoever has the file may have gone on to the next generation meanwhile, or have closed it:
 * then what the journal had is in the database, but not in what is read of it. */
static bool is_overtaken(const struct journal *journal, bool was_there, uint64_t generation_now)
{
	return generation_now > journal->generation || (was_there && !journal->was_there);
}

iotkit_status inspect_recent(struct inspection *inspection)
{
	struct store *store = &inspection->store;
	struct journal *journal = calloc(1, sizeof *journal);
	uint64_t generation, generation_now = 0;

	inspection->is_overtaken = false;
	if (journal == NULL)
		return error_set_no_memory();
	journal_init(journal, store->path);
	bool was_there = journal_is_there(journal);
	iotkit_status status = settle_read_generation(store, &generation);
	if (status == IOTKIT_OK && generation != 0) {
		int code = journal_load(journal, sqlite3_vfs_find(NULL), generation, false);
		if (code == SQLITE_OK)
			code = journal_peek(journal, &generation_now);
		if (code != SQLITE_OK)
			status = store_fail_journal(store, code, "read");
		inspection->is_overtaken =
			inspection->in_use && is_overtaken(journal, was_there, generation_now);
	}
	if (status == IOTKIT_OK && journal->batches > 0 && !inspection->is_overtaken)
		status = lay_over(store, journal);
	journal_close(journal, false);
	free(journal);
	return status;
}
