/* SPDX-License-Identifier: MIT
 *
 * What the parts of the store share:
 *
 *     store_open.c    opens and closes
 *     store.c         writes: to the journal, or to the database when it is much
 *     settle.c        brings the journal into the database
 *     table.c         each change in SQL
 *     store_read.c    reads: the database, once it is settled
 *     store_shrink.c  gives space back
 *     store_sql.c     runs their statements
 *     store_fail.c    says what went wrong
 */
#ifndef IOTKIT_OUTBOX_STORE_INTERNAL_H
#define IOTKIT_OUTBOX_STORE_INTERNAL_H

#include <limits.h>
#include <sqlite3.h>

#include "outbox/journal.h"
#include "outbox/store.h"
#include "outbox/store_sum.h"

enum { STORE_LOCK_MS = 1000 /* that another program may have the database locked */ };

enum store_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_INSERT,
	SQL_REMOVE,
	SQL_SET_TOTALS,
	SQL_GET_TOTALS,
	SQL_LAST_ROW,
	SQL_FIRST_ID,
	SQL_READ,
	SQL_SET_FLIGHT,
	SQL_END_FLIGHT,
	SQL_READ_FLIGHTS,
	SQL_SET_RECEIVED,
	SQL_END_RECEIVED,
	SQL_READ_RECEIVED,
	SQL_SET_TEXT,
	SQL_GET_TEXT,
	SQL_REMOVE_TEXT,
	SQL_READ_TEXTS,
	SQL_COUNT
};

struct store {
	char path[PATH_MAX]; /* absolute, of the file itself where it was a link */
	int lock; /* -1: none */
	sqlite3 *db; /* NULL: a salvage has failed */
	sqlite3_stmt *sql[SQL_COUNT];
	enum store_sync sync;
	enum store_sync sync_in_force;
	enum store_fault fault;
	/* An insert alone does not write the totals, so that it changes one page only: its
	 * row tells how far they have risen. */
	struct store_totals totals; /* with what the open transaction changes */
	struct store_totals committed;
	struct store_totals in_file; /* in the row of their own */
	bool totals_go; /* into the file, with the open transaction */
	struct journal journal;
	int64_t check_place_at; /* whether the file is still there */
	bool is_direct; /* the open transaction is one of the database */
};

/* The code of a failed call on store->db as a sentence, after "cannot VERB the outbox
 * FILE"; sets the fault. */
iotkit_status store_fail(struct store *store, const char *verb);

/* The same of a code that the journal's file gave. */
iotkit_status store_fail_journal(struct store *store, int code, const char *verb);

/* What is in the file makes no sense. */
iotkit_status store_fail_corrupt(struct store *store, const char *what);

/* store->db, which a failed salvage leaves closed. */
iotkit_status store_check_open(struct store *store, const char *verb);

iotkit_status store_prepare(struct store *store);
iotkit_status store_prepare_one(struct store *store, enum store_sql which);
void store_finalize(struct store *store);
void store_finalize_one(struct store *store, enum store_sql which);

/* A statement that gives no rows; it is reset. */
iotkit_status store_run(struct store *store, enum store_sql which, const char *verb);

/* A statement that gives rows: IOTKIT_OK with *row false after the last one. Not
 * reset before store_reset(), but for failures. */
iotkit_status store_step(struct store *store, enum store_sql which, bool *row, const char *verb);
void store_reset(struct store *store, enum store_sql which);

iotkit_status store_execute(struct store *store, const char *sql, const char *verb);

/* A statement that gives one number. */
iotkit_status store_number(struct store *store, const char *sql, int64_t *out, const char *verb);

/* Of SQL_READ or SQL_LAST_ROW; borrowed until the next step. False when the check sum
 * is wrong, *short_of_memory when that is why. */
bool store_decode(sqlite3_stmt *row, struct store_row *out, bool *short_of_memory);

iotkit_status store_load_totals(struct store *store);

/* The file at store->path, without a lock; fresh: it is empty, and gets its tables. */
iotkit_status store_connect(struct store *store, bool fresh);

/* FILE-new beside path, made anew. */
iotkit_status store_connect_new(struct store *fresh, const char *path);

/* Disconnects once all is in the file itself, and none of it in the log. */
iotkit_status store_finish(struct store *store);

/* Leaves the file as it is when it is damaged. */
void store_disconnect(struct store *store);

#endif
