/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "outbox/lock_file.h"
#include "outbox/salvage.h"
#include "outbox/schema.h"
#include "outbox/settle.h"
#include "outbox/store_files.h"
#include "outbox/table.h"

/* ---- The database ---- */

static const char settings[] =
	/* What is removed may be read by whoever can read the file anyway. */
	"PRAGMA secure_delete=OFF;"
	"PRAGMA cell_size_check=ON;"
	"PRAGMA trusted_schema=OFF;"
	"PRAGMA temp_store=MEMORY;"
	"PRAGMA cache_size=-1024;"
	"PRAGMA synchronous=NORMAL;";

static void checkpoint_on_close(struct store *store, bool on)
{
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on, NULL);
}

static iotkit_status check_version(struct store *store, int64_t *version)
{
	char path[FILE_PATH_SIZE];
	int64_t application;
	iotkit_status status = store_number(store, "PRAGMA application_id", &application, "read");

	if (status == IOTKIT_OK)
		status = store_number(store, "PRAGMA user_version", version, "read");
	if (status != IOTKIT_OK)
		return status;
	if (application != SCHEMA_APPLICATION || *version < 1)
		return store_fail_corrupt(store, "its header is wrong");
	if (*version > SCHEMA_VERSION)
		return error_set(IOTKIT_ENOTSUP,
				 "the outbox %s is of version %lld, and this library knows up to "
				 "%d: use the newer library that made it, or name another path "
				 "(outbox.path)",
				 file_path(store->path, path), (long long)*version, SCHEMA_VERSION);
	return IOTKIT_OK;
}

static iotkit_status migrate(struct store *store, int64_t version)
{
	iotkit_status status = IOTKIT_OK;

	for (; version < SCHEMA_VERSION && status == IOTKIT_OK; version++)
		status = store_execute(store, schema_step(version), "set up");
	return status;
}

/* What SQLite answers is the mode that it has then. */
static iotkit_status use_log(struct store *store)
{
	char path[FILE_PATH_SIZE];
	sqlite3_stmt *statement = NULL;

	int code = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode=WAL", -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	const char *mode =
		code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "";
	bool is_log = mode != NULL && strcmp(mode, "wal") == 0;
	iotkit_status status = IOTKIT_OK;
	if (code != SQLITE_ROW)
		status = store_fail(store, "set up");
	else if (!is_log)
		status = error_set(IOTKIT_ESYSTEM,
				   "the file system of the outbox %s cannot share memory between "
				   "processes: name a path on a local disk (outbox.path)",
				   file_path(store->path, path));
	if (code == SQLITE_ROW && !is_log)
		store->fault = STORE_TROUBLE;
	sqlite3_finalize(statement);
	return status;
}

static iotkit_status set_up(struct store *store, bool fresh)
{
	int64_t version = 0;
	iotkit_status status = fresh ? store_execute(store, schema_layout, "set up")
				     : check_version(store, &version);

	if (status == IOTKIT_OK)
		status = store_execute(store, settings, "set up");
	if (status == IOTKIT_OK)
		status = use_log(store);
	if (status == IOTKIT_OK)
		status = migrate(store, version);
	if (status == IOTKIT_OK)
		status = store_prepare(store);
	if (status == IOTKIT_OK)
		status = store_load_totals(store);
	/* Our own statements are right: what they do not fit are the tables. */
	if (status != IOTKIT_OK && (sqlite3_errcode(store->db) & 0xff) == SQLITE_ERROR)
		status = store_fail_corrupt(store, sqlite3_errmsg(store->db));
	return status;
}

void store_disconnect(struct store *store)
{
	store_finalize(store);
	sqlite3_close(store->db);
	store->db = NULL;
}

iotkit_status store_finish(struct store *store)
{
	iotkit_status status = IOTKIT_OK;

	if (sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
	    SQLITE_OK)
		status = store_fail(store, "save to");
	store_disconnect(store);
	return status;
}

iotkit_status store_connect(struct store *store, bool fresh)
{
	store->fault = STORE_SOUND;
	/* The path is absolute, and so none of the URIs that SQLite may understand. */
	if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		iotkit_status status =
			store->db != NULL ? store_fail(store, "open") : error_set_no_memory();
		store_disconnect(store);
		return status;
	}
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, STORE_LOCK_MS);
	checkpoint_on_close(store, false);
	store->sync_in_force = STORE_SYNC_PROCESS;
	iotkit_status status = set_up(store, fresh);
	if (status != IOTKIT_OK) {
		store_disconnect(store);
		return status;
	}
	checkpoint_on_close(store, true);
	return IOTKIT_OK;
}

iotkit_status store_connect_new(struct store *fresh, const char *path)
{
	iotkit_status status = store_files_make_new(path);

	if (status != IOTKIT_OK)
		return status;
	snprintf(fresh->path, sizeof fresh->path, "%.*s-new", PATH_MAX - 8, path);
	fresh->lock = -1;
	return store_connect(fresh, true);
}

/* ---- The file ---- */

/* It gets its name when it is whole. */
static iotkit_status make(struct store *store)
{
	struct store *fresh = calloc(1, sizeof *fresh);

	if (fresh == NULL)
		return error_set_no_memory();
	iotkit_status status = store_connect_new(fresh, store->path);
	if (status == IOTKIT_OK)
		status = store_finish(fresh);
	if (status == IOTKIT_OK)
		status = store_files_adopt_new(store->path);
	if (status != IOTKIT_OK)
		store_files_remove_new(store->path);
	free(fresh);
	return status;
}

static void count(const struct store *store, struct store_found *found)
{
	const struct store_totals *totals = &store->totals;
	uint64_t bytes = totals->accepted_bytes - totals->removed_bytes;

	found->last_id = totals->last_id;
	found->rows = totals->last_id - totals->removed_rows;
	/* Damaged rows may have told wrong sizes when they were removed. */
	found->bytes = bytes <= INT64_MAX ? bytes : 0;
}

static iotkit_status bring_up_to_date(struct store *store, struct store_found *found)
{
	iotkit_status status = salvage_read_report(store, found);
	bool is_salvaged = found->aside[0] != '\0';

	if (status == IOTKIT_OK)
		status = settle_opened(store, is_salvaged);
	if (status == IOTKIT_OK)
		status = settle_set_aside(store, found->recent_aside, sizeof found->recent_aside);
	if (status == IOTKIT_OK && is_salvaged)
		status = salvage_forget_report(store);
	return status;
}

static iotkit_status open_database(struct store *store, struct store_found *found)
{
	iotkit_status status = store_connect(store, false);

	if (status != IOTKIT_OK)
		return status;
	status = bring_up_to_date(store, found);
	if (status != IOTKIT_OK) {
		checkpoint_on_close(store, false);
		store_disconnect(store);
		return status;
	}
	count(store, found);
	if (found->aside[0] != '\0')
		found->recovered = found->rows; /* with those of the journal */
	return IOTKIT_OK;
}

static iotkit_status replace_damaged(struct store *store, const struct store_totals *known,
				     struct store_found *found)
{
	iotkit_status status = salvage(store->path, known);

	return status == IOTKIT_OK ? open_database(store, found) : status;
}

static iotkit_status open_locked(struct store *store, struct store_found *found)
{
	enum store_file kind;
	iotkit_status status = store_files_settle(store->path);

	if (status == IOTKIT_OK)
		status = store_files_judge(store->path, &kind);
	if (status == IOTKIT_OK && (kind == STORE_FILE_LOG || kind == STORE_FILE_DAMAGED))
		return replace_damaged(store, NULL, found);
	if (status == IOTKIT_OK && kind == STORE_FILE_NONE) {
		status = make(store);
		found->created = status == IOTKIT_OK;
	}
	if (status != IOTKIT_OK)
		return status;
	status = open_database(store, found);
	if (status != IOTKIT_OK && store->fault == STORE_CORRUPT)
		status = replace_damaged(store, NULL, found);
	return status;
}

iotkit_status store_open(const char *path, enum store_sync sync, struct store **out,
			 struct store_found *found)
{
	enum store_file kind;
	struct store *store = calloc(1, sizeof *store);

	*found = (struct store_found){0};
	if (store == NULL)
		return error_set_no_memory();
	store->lock = -1;
	store->sync = sync;
	iotkit_status status = store_files_resolve(path, store->path);
	journal_init(&store->journal, store->path);
	/* Beside what is no outbox there is to be no lock file. Where there is one, another
	 * handle of this process may have the file open, and by POSIX any close() of the file
	 * ends the locks that SQLite has on it: so it is not opened before it is ours. */
	if (status == IOTKIT_OK && !lock_file_exists(store->path))
		status = store_files_judge(store->path, &kind);
	if (status == IOTKIT_OK)
		status = lock_file_take(store->path, &store->lock);
	if (status == IOTKIT_OK)
		status = open_locked(store, found);
	if (status != IOTKIT_OK) {
		store_close(store);
		return status;
	}
	*out = store;
	return IOTKIT_OK;
}

/* So that all messages in it are known, should it be damaged while it rests. */
static void save_totals(struct store *store)
{
	if (store->fault == STORE_CORRUPT || store->totals.last_id == store->in_file.last_id)
		return;
	store->totals_go = true;
	if (table_begin(store) != IOTKIT_OK || table_commit(store) != IOTKIT_OK)
		table_rollback(store);
}

void store_close(struct store *store)
{
	bool is_settled = false;

	if (store == NULL)
		return;
	if (store->db != NULL) {
		store_rollback(store);
		is_settled = store->fault != STORE_CORRUPT && settle(store) == IOTKIT_OK;
		save_totals(store);
		checkpoint_on_close(store, store->fault != STORE_CORRUPT);
		store_disconnect(store);
	}
	journal_close(&store->journal, is_settled);
	lock_file_release(store->lock);
	free(store);
}

void store_set_sync(struct store *store, enum store_sync sync)
{
	store->sync = sync;
}

iotkit_status store_salvage(struct store *store, struct store_found *found)
{
	struct store_totals known = store->committed;

	*found = (struct store_found){0};
	if (store->db != NULL) {
		store_rollback(store);
		checkpoint_on_close(store, false);
		store_disconnect(store);
	}
	return replace_damaged(store, &known, found);
}
