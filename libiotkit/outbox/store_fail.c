/* SPDX-License-Identifier: MIT
 *
 * Failures of SQLite as sentences. Source of the codes: sqlite.org/rescode.html.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "outbox/store_internal.h"

enum { CAUSE_SIZE = 128 };

static bool is_full(int code, int cause)
{
	return (code & 0xff) == SQLITE_FULL || cause == ENOSPC || cause == EDQUOT;
}

/* A commit that fails leaves what the system said with the file only. */
static int find_cause(struct store *store)
{
	static const int which[] = {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER};
	int cause = sqlite3_system_errno(store->db);

	for (int i = 0; i < 2 && cause == 0; i++) {
		sqlite3_file *file = NULL;
		sqlite3_file_control(store->db, "main", which[i], &file);
		if (file != NULL && file->pMethods != NULL)
			file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &cause);
	}
	return cause;
}

/* Only of these is what the system said the cause; else some call before has left it. */
static bool is_by_system(int code)
{
	return (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
}

static iotkit_status explain(struct store *store, int code, int cause, const char *verb)
{
	char path[FILE_PATH_SIZE];
	char why[CAUSE_SIZE];
	int primary = code & 0xff;

	file_path(store->path, path);
	if (is_full(code, cause))
		return error_set(IOTKIT_ESYSTEM,
				 "cannot %s the outbox %s: its disk is full: free some space", verb,
				 path);
	if (primary == SQLITE_READONLY || cause == EROFS)
		return error_set(IOTKIT_ESYSTEM,
				 "cannot %s the outbox %s: it, its folder or its disk is "
				 "read-only: let this program's user write there",
				 verb, path);
	if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL)
		return error_set(IOTKIT_ESYSTEM,
				 "cannot %s the outbox %s: another program has the database "
				 "locked: end it, or let it finish",
				 verb, path);
	if (cause == 0 || strerror_r(cause, why, sizeof why) != 0)
		sqlite3_snprintf(sizeof why, why, "%s", sqlite3_errstr(code));
	return error_set(IOTKIT_ESYSTEM, "cannot %s the outbox %s: %s: check the disk", verb, path,
			 why);
}

iotkit_status store_fail(struct store *store, const char *verb)
{
	int code = sqlite3_extended_errcode(store->db);
	int primary = code & 0xff;

	if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
		return store_fail_corrupt(store, sqlite3_errmsg(store->db));
	store->fault = STORE_TROUBLE;
	if (primary == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
		return error_set_no_memory();
	return explain(store, code, is_by_system(code) ? find_cause(store) : 0, verb);
}

iotkit_status store_fail_journal(struct store *store, int code, const char *verb)
{
	sqlite3_file *file = store->journal.file;
	int cause = 0;

	store->fault = STORE_TROUBLE;
	if ((code & 0xff) == SQLITE_NOMEM)
		return error_set_no_memory();
	if (file != NULL && is_by_system(code))
		file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &cause);
	return explain(store, code, cause, verb);
}

iotkit_status store_fail_corrupt(struct store *store, const char *what)
{
	char path[FILE_PATH_SIZE];

	store->fault = STORE_CORRUPT;
	return error_set(IOTKIT_ESYSTEM, "the outbox %s is damaged (%s): check the disk",
			 file_path(store->path, path), what);
}

iotkit_status store_check_open(struct store *store, const char *verb)
{
	char path[FILE_PATH_SIZE];

	if (store->db != NULL)
		return IOTKIT_OK;
	store->fault = STORE_CORRUPT;
	return error_set(IOTKIT_ESYSTEM,
			 "cannot %s the outbox %s: it is damaged, and could not be set aside: "
			 "check the disk",
			 verb, file_path(store->path, path));
}

enum store_fault store_fault(const struct store *store)
{
	return store->fault;
}
