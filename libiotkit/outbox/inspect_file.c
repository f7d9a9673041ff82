/* SPDX-License-Identifier: MIT
 *
 * SQLite makes and removes files beside a database even when it only reads. How to open
 * one so that nothing changes depends on who else has it:
 *
 *   in use             as a reader among others; all these files are there already
 *   at rest            immutable: the file alone, without locks
 *   at rest, with log  the process that had it was killed. The log is read through an
 *                      index in memory, since that in FILE-shm is out of date.
 *
 * A file that rests may come into use at any moment; inspect_has_changed() tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "outbox/inspect_internal.h"
#include "outbox/lock_file.h"
#include "outbox/schema.h"
#include "outbox/store_files.h"

enum { URI_MAX = 3 * PATH_MAX + 64 };

/* ---- What is there ---- */

static void look(const char *path, struct sight *sight)
{
	static const char *const suffixes[SIGHT_COUNT] = {"", "-wal", "-lock"};
	char name[STORE_NAME_SIZE];
	struct stat status;

	*sight = (struct sight){0};
	for (int i = 0; i < SIGHT_COUNT; i++) {
		store_files_name(path, suffixes[i], name);
		if (stat(name, &status) != 0)
			continue;
		sight->files[i].is_there = true;
		sight->files[i].device = status.st_dev;
		sight->files[i].number = status.st_ino;
		sight->files[i].size = status.st_size;
		sight->files[i].changed = status.st_mtim;
	}
}

static bool is_same_file(const struct sight *a, const struct sight *b, int i)
{
	return a->files[i].is_there == b->files[i].is_there &&
	       a->files[i].device == b->files[i].device && a->files[i].number == b->files[i].number;
}

static bool is_unchanged(const struct sight *a, const struct sight *b, int i)
{
	return is_same_file(a, b, i) && a->files[i].size == b->files[i].size &&
	       a->files[i].changed.tv_sec == b->files[i].changed.tv_sec &&
	       a->files[i].changed.tv_nsec == b->files[i].changed.tv_nsec;
}

bool inspect_has_changed(const struct inspection *inspection)
{
	struct sight now;

	look(inspection->store.path, &now);
	if (inspection->in_use)
		return !is_same_file(&inspection->seen, &now, SIGHT_FILE);
	/* Who takes the lock writes to its file. */
	for (int i = 0; i < SIGHT_COUNT; i++)
		if (!is_unchanged(&inspection->seen, &now, i))
			return true;
	return false;
}

static bool has_log(const struct inspection *inspection)
{
	return inspection->seen.files[SIGHT_LOG].size > 0;
}

static bool has_index(const char *path)
{
	char name[STORE_NAME_SIZE];

	store_files_name(path, "-shm", name);
	return access(name, F_OK) == 0;
}

/* Asked only once for each time the file is opened: while the answer comes, the lock
 * cannot be taken. */
static bool is_locked(const char *path)
{
	char name[STORE_NAME_SIZE];

	store_files_name(path, "-lock", name);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return errno != ENOENT;
	bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
	close(fd);
	return locked;
}

/* ---- What it is ---- */

static iotkit_status refuse(const char *path, const char *what)
{
	char shown[FILE_PATH_SIZE];

	return error_set(IOTKIT_EINVAL,
			 "%s is no outbox, but %s: name the file that the option outbox.path names",
			 file_path(path, shown), what);
}

static iotkit_status check_file(struct inspection *inspection)
{
	const char *path = inspection->store.path;
	char shown[FILE_PATH_SIZE];
	struct stat status;

	if (stat(path, &status) != 0 && errno == ENOENT)
		return error_set(IOTKIT_ENOENT, "there is no outbox %s: is it the right path?",
				 file_path(path, shown));
	if (stat(path, &status) != 0)
		return error_set_system(errno, "cannot read the outbox %s", file_path(path, shown));
	if (!S_ISREG(status.st_mode))
		return refuse(path, S_ISDIR(status.st_mode) ? "a folder" : "not even a file");
	/* SQLite would remove the log of such a one. */
	if (status.st_size == 0 && has_log(inspection))
		return store_fail_corrupt(&inspection->store, "it is empty, but its log is not");
	if (status.st_size == 0)
		return refuse(path, "an empty file");
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0)
		return error_set_system(
			errno, "cannot read the outbox %s, which belongs to the user with uid %u",
			file_path(path, shown), (unsigned int)status.st_uid);
	return IOTKIT_OK;
}

static iotkit_status check_version(struct inspection *inspection, int64_t version)
{
	char shown[FILE_PATH_SIZE];

	if (version < 1)
		return store_fail_corrupt(&inspection->store, "its header is wrong");
	if (version > SCHEMA_VERSION)
		return error_set(IOTKIT_ENOTSUP,
				 "the outbox %s is of version %lld, and this library knows up to "
				 "%d: use the newer library that made it",
				 file_path(inspection->store.path, shown), (long long)version,
				 SCHEMA_VERSION);
	return IOTKIT_OK;
}

static iotkit_status check_header(struct inspection *inspection, int64_t *version)
{
	struct store *store = &inspection->store;
	int64_t application;
	iotkit_status status = store_number(store, "PRAGMA application_id", &application, "read");

	/* Beside what is no outbox there never was a lock file. */
	if (status != IOTKIT_OK && store->fault == STORE_CORRUPT && !lock_file_exists(store->path))
		return refuse(store->path, "something else");
	if (status == IOTKIT_OK && application != SCHEMA_APPLICATION)
		return refuse(store->path, "a database of another program");
	if (status == IOTKIT_OK)
		status = store_number(store, "PRAGMA user_version", version, "read");
	return status == IOTKIT_OK ? check_version(inspection, *version) : status;
}

/* ---- Opening it ---- */

static bool append_path(struct buffer *uri, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";
	static const char digits[] = "0123456789ABCDEF";

	for (; *path != '\0'; path++) {
		unsigned char byte = (unsigned char)*path;
		const char escaped[] = {'%', digits[byte >> 4], digits[byte & 15], '\0'};
		const char as_is[] = {*path, '\0'};
		bool is_plain = strchr(plain, *path) != NULL;
		if (buffer_append_text(uri, is_plain ? as_is : escaped) != IOTKIT_OK)
			return false;
	}
	return true;
}

static iotkit_status open_as(struct inspection *inspection, const char *parameters, const char *vfs)
{
	enum { FLAGS = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX };
	struct store *store = &inspection->store;
	iotkit_status status = IOTKIT_OK;
	struct buffer uri;

	buffer_init(&uri, URI_MAX);
	if (buffer_append_text(&uri, "file:") != IOTKIT_OK || !append_path(&uri, store->path) ||
	    buffer_append_text(&uri, parameters) != IOTKIT_OK ||
	    buffer_append(&uri, "", 1) != IOTKIT_OK)
		status = error_set_no_memory();
	else if (sqlite3_open_v2(uri.bytes, &store->db, FLAGS, vfs) != SQLITE_OK)
		status = store->db != NULL ? store_fail(store, "open") : error_set_no_memory();
	buffer_free(&uri);
	return status;
}

static iotkit_status open_database(struct inspection *inspection)
{
	struct store *store = &inspection->store;

	if (inspection->in_use)
		return open_as(inspection, "?mode=ro", NULL);
	if (!has_log(inspection))
		return open_as(inspection, "?mode=ro&immutable=1", NULL);
	if (has_index(store->path))
		return open_as(inspection, "?mode=ro&readonly_shm=1", NULL);
	/* Somebody has copied the file with its log alone. Without locks, and with one
	 * user, SQLite makes no FILE-shm. */
	iotkit_status status = open_as(inspection, "?mode=ro", "unix-none");
	return status == IOTKIT_OK ? store_execute(store, "PRAGMA locking_mode=EXCLUSIVE", "read")
				   : status;
}

static iotkit_status prepare(struct inspection *inspection, int64_t version)
{
	struct store *store = &inspection->store;
	char read[192], last[192];
	const struct {
		enum store_sql which;
		const char *text;
	} all[] = {
		{SQL_READ, read},
		{SQL_LAST_ROW, last},
		{SQL_FIRST_ID, "SELECT id FROM message ORDER BY id LIMIT 1"},
		{SQL_GET_TOTALS, "SELECT last_id, accepted_bytes, removed_rows, removed_bytes, sum"
				 " FROM totals WHERE id=1"},
		{SQL_READ_FLIGHTS, "SELECT id, packet_id, released, sum FROM flight ORDER BY id"},
		{SQL_GET_TEXT, "SELECT value, sum FROM text WHERE name=?"},
	};
	static const char columns[] =
		"SELECT id, time_ms, expires_ms, qos, retain, total, sum, topic, payload";
	const char *newer = version < 2 ? "NULL, NULL" : "epoch, seq";

	sqlite3_snprintf(sizeof read, read, "%s, %s FROM message WHERE id>=? AND id<? ORDER BY id",
			 columns, newer);
	sqlite3_snprintf(sizeof last, last, "%s, %s FROM message ORDER BY id DESC LIMIT 1", columns,
			 newer);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		int code = sqlite3_prepare_v2(store->db, all[i].text, -1, &store->sql[all[i].which],
					      NULL);
		if (code != SQLITE_OK && (code & 0xff) == SQLITE_ERROR)
			return store_fail_corrupt(store, sqlite3_errmsg(store->db));
		if (code != SQLITE_OK)
			return store_fail(store, "read");
	}
	return IOTKIT_OK;
}

static iotkit_status set_up(struct inspection *inspection)
{
	struct store *store = &inspection->store;
	int64_t version = 0;

	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, STORE_LOCK_MS);
	/* Even the last one to close it leaves the log as it is. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* First of all: what is no database fails at anything else, too. */
	iotkit_status status = check_header(inspection, &version);
	if (status == IOTKIT_OK)
		status = store_execute(store,
				       "PRAGMA cell_size_check=ON;"
				       "PRAGMA trusted_schema=OFF;"
				       "PRAGMA temp_store=MEMORY;"
				       "PRAGMA cache_size=-1024",
				       "read");
	return status == IOTKIT_OK ? prepare(inspection, version) : status;
}

iotkit_status inspect_connect(struct inspection *inspection)
{
	const char *path = inspection->store.path;

	inspection->store.fault = STORE_SOUND;
	/* In this order: what happens after the look is seen by inspect_has_changed(). */
	look(path, &inspection->seen);
	inspection->in_use = is_locked(path);
	iotkit_status status = check_file(inspection);
	if (status == IOTKIT_OK)
		status = open_database(inspection);
	if (status == IOTKIT_OK)
		status = set_up(inspection);
	return status;
}

void inspect_disconnect(struct inspection *inspection)
{
	store_disconnect(&inspection->store);
}
