/* SPDX-License-Identifier: MIT
 *
 * Space that messages have left goes back to the file system, in slices: the others
 * who want the file wait no longer than for one of them.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "outbox/settle.h"

enum { UNUSED_PAGES_MIN = 256, SLICE_PAGES = 1000, LOG_BYTES_MAX = 1 << 20 };

static uint64_t size_of(const struct store *store, const char *suffix)
{
	char name[PATH_MAX + 8];
	struct stat status;

	snprintf(name, sizeof name, "%s%s", store->path, suffix);
	return stat(name, &status) == 0 ? (uint64_t)status.st_size : 0;
}

uint64_t store_disk_bytes(const struct store *store)
{
	return size_of(store, "") + size_of(store, "-wal") + size_of(store, "-recent");
}

static iotkit_status is_due(struct store *store, bool *due)
{
	int64_t unused = 0, pages = 0;
	uint64_t rows = store->totals.last_id - store->totals.removed_rows;
	iotkit_status status = store_number(store, "PRAGMA freelist_count", &unused, "read");

	if (status == IOTKIT_OK)
		status = store_number(store, "PRAGMA page_count", &pages, "read");
	*due = unused > UNUSED_PAGES_MIN && (rows == 0 || unused > pages / 2);
	return status;
}

static iotkit_status give_back(struct store *store)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", SLICE_PAGES);
	return store_execute(store, sql, "shrink");
}

/* Someone who reads is not waited for: another time will do. */
static iotkit_status empty_log(struct store *store)
{
	sqlite3_busy_timeout(store->db, 0);
	int code =
		sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(store->db, STORE_LOCK_MS);
	if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
		return IOTKIT_OK;
	return store_fail(store, "shrink");
}

iotkit_status store_shrink(struct store *store, bool *more)
{
	iotkit_status status = store_check_open(store, "shrink");

	*more = false;
	if (status == IOTKIT_OK)
		status = settle(store);
	if (status == IOTKIT_OK)
		status = is_due(store, more);
	if (status == IOTKIT_OK && *more) {
		status = give_back(store);
		if (status == IOTKIT_OK)
			status = is_due(store, more);
	}
	if (status == IOTKIT_OK && !*more && size_of(store, "-wal") > LOG_BYTES_MAX)
		status = empty_log(store);
	if (status != IOTKIT_OK)
		*more = false;
	return status;
}
