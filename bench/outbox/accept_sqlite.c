/* SPDX-License-Identifier: MIT
 *
 * Commits rows as libiotkit's outbox has them to SQLite, one by one: what the storage
 * costs without anything around it. -y is the value of PRAGMA synchronous.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "backlog.h"

static void run(sqlite3 *db, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		load_fail("SQLite: %s: %s", sql, why);
}

static sqlite3 *open_db(const struct backlog *backlog)
{
	sqlite3 *db = NULL;
	char pragma[64];

	if (sqlite3_open(backlog->path, &db) != SQLITE_OK)
		load_fail("SQLite: %s: %s", backlog->path, sqlite3_errmsg(db));
	run(db, "PRAGMA journal_mode = WAL");
	snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %s",
		 backlog->sync != NULL ? backlog->sync : "NORMAL");
	run(db, pragma);
	run(db, "CREATE TABLE message (id INTEGER PRIMARY KEY, time_ms INTEGER, "
		"expires_ms INTEGER, qos INTEGER, retain INTEGER, total INTEGER, sum INTEGER, "
		"topic TEXT, payload BLOB, epoch INTEGER, seq INTEGER)");
	return db;
}

static void insert(sqlite3 *db, sqlite3_stmt *statement, const struct backlog *backlog,
		   const char *payload, int64_t id)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	const int64_t numbers[] = {
		id,         (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
		0,          backlog->qos,
		0,          id * backlog->payload,
		0x5eed5eed,
	};
	for (int i = 0; i < (int)(sizeof numbers / sizeof numbers[0]); i++)
		sqlite3_bind_int64(statement, 1 + i, numbers[i]);
	sqlite3_bind_text(statement, 8, BACKLOG_TOPIC, -1, SQLITE_STATIC);
	sqlite3_bind_blob(statement, 9, payload, backlog->payload, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 10, 0);
	sqlite3_bind_int64(statement, 11, 0);
	if (sqlite3_step(statement) != SQLITE_DONE)
		load_fail("SQLite: %s", sqlite3_errmsg(db));
	sqlite3_reset(statement);
}

int main(int argc, char **argv)
{
	struct backlog backlog;
	sqlite3_stmt *statement = NULL;
	long accepted = 0;

	backlog_parse(&backlog, argc, argv);
	struct tenths tenths = {.messages = backlog.messages};
	sqlite3 *db = open_db(&backlog);
	char *payload = backlog_payload(&backlog);
	if (sqlite3_prepare_v2(db, "INSERT INTO message VALUES (?,?,?,?,?,?,?,?,?,?,?)", -1,
			       &statement, NULL) != SQLITE_OK)
		load_fail("SQLite: %s", sqlite3_errmsg(db));
	report_moment("begin");
	while (accepted < backlog.messages && !backlog_late(&backlog)) {
		insert(db, statement, &backlog, payload, accepted + 1);
		tenths_note(&tenths, ++accepted);
	}
	report_moment("end");
	report_number("accepted", accepted);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	free(payload);
	return EXIT_SUCCESS;
}
