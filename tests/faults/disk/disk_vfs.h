/* SPDX-License-Identifier: MIT
 *
 * A bad disk below SQLite: a VFS around the default one, which fails, stalls, or ends
 * the process at the n-th operation. What a file had at its last sync is remembered, so
 * that a power cut can leave that, and of what came later as much as chance will have.
 */
#ifndef TESTS_DISK_VFS_H
#define TESTS_DISK_VFS_H

#include <stdbool.h>
#include <stdint.h>

enum disk_operation {
	DISK_OPEN = 1,
	DISK_WRITE = 2,
	DISK_SYNC = 4,
	DISK_TRUNCATE = 8,
	DISK_DELETE = 16,
	DISK_ANY = 31
};

enum disk_fate {
	DISK_WORKS,
	DISK_FAILS_ONCE,
	DISK_FAILS_FROM_THEN_ON,
	DISK_IS_FULL_ONCE, /* writes fail with SQLITE_FULL, the rest as above */
	DISK_IS_FULL_FROM_THEN_ON,
	DISK_STALLS, /* the operation waits for disk_release() */
	DISK_KILLS_BEFORE, /* SIGKILL for this process */
	DISK_KILLS_AFTER,
	DISK_LOSES_POWER /* ends this process with DISK_POWER_STATUS, its files as after it */
};

enum { DISK_POWER_STATUS = 77 };

struct disk_plan {
	enum disk_fate fate;
	unsigned operations; /* which are counted: some of enum disk_operation */
	long at; /* the n-th of them, from 1 */
	uint64_t seed; /* of what a power cut leaves */
};

/* From now on SQLite opens files on this disk, which works; before the first is open. If
 * it may lose power it remembers what its files have. */
void disk_install(bool may_lose_power);

/* Counts anew, from 0; NULL: the disk works. */
void disk_plan(const struct disk_plan *plan);
long disk_count(void);
bool disk_struck(void); /* the moment has come */

/* Waits until an operation stalls; false when none does within this time. */
bool disk_await_stall(int timeout_ms);
void disk_release(void);

#endif
