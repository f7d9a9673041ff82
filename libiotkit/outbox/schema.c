/* SPDX-License-Identifier: MIT */
#include "outbox/schema.h"

const char schema_layout[] = "PRAGMA page_size=4096;"
			     "PRAGMA auto_vacuum=INCREMENTAL;";

/* Steps are never changed, only added: files of every version are out there. */
static const char *const steps[SCHEMA_VERSION] = {
	/* 1. Of a row the long parts come last, so that a few bytes show the others. */
	"BEGIN IMMEDIATE;"
	"CREATE TABLE message (id INTEGER PRIMARY KEY, time_ms INTEGER, expires_ms INTEGER,"
	" qos INTEGER, retain INTEGER, total INTEGER, sum INTEGER, topic TEXT, payload BLOB);"
	"CREATE TABLE flight (id INTEGER PRIMARY KEY, packet_id INTEGER, released INTEGER,"
	" sum INTEGER);"
	"CREATE TABLE received (packet_id INTEGER PRIMARY KEY, sum INTEGER, packet BLOB);"
	"CREATE TABLE text (name TEXT PRIMARY KEY, value TEXT, sum INTEGER) WITHOUT ROWID;"
	"CREATE TABLE totals (id INTEGER PRIMARY KEY, last_id INTEGER, accepted_bytes INTEGER,"
	" removed_rows INTEGER, removed_bytes INTEGER, sum INTEGER);"
	"PRAGMA application_id=1768911979;"
	"PRAGMA user_version=1;"
	"COMMIT",
	/* 2. publish.id; NULL, which takes no room: not told */
	"BEGIN IMMEDIATE;"
	"ALTER TABLE message ADD COLUMN epoch INTEGER;"
	"ALTER TABLE message ADD COLUMN seq INTEGER;"
	"PRAGMA user_version=2;"
	"COMMIT",
	/* 3. The latest changes are in FILE-recent, which who does not know it must not miss. */
	"PRAGMA user_version=3",
};

const char *schema_step(int64_t version)
{
	return version >= 0 && version < SCHEMA_VERSION ? steps[version] : 0;
}
