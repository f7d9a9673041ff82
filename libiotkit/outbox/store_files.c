/* SPDX-License-Identifier: MIT */
#include "outbox/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "outbox/lock_file.h"
#include "outbox/schema.h"

/* Source: sqlite.org/fileformat2.html section 1.3. */
enum { HEADER_SIZE = 100, VERSIONS_AT = 18, FIXED_AT = 20, FORMAT_AT = 44, APPLICATION_AT = 68 };
static const char magic[16] = "SQLite format 3";

void store_files_name(const char *path, const char *suffix, char name[STORE_NAME_SIZE])
{
	snprintf(name, STORE_NAME_SIZE, "%s%s", path, suffix);
}

static iotkit_status fail(int cause, const char *what, const char *path)
{
	char shown[FILE_PATH_SIZE];

	return error_set_system(cause, "cannot %s the outbox %s (outbox.path)", what,
				file_path(path, shown));
}

/* ---- Where it is ---- */

static iotkit_status resolve_folder(const char *path, char resolved[PATH_MAX])
{
	char folder[PATH_MAX], file[PATH_MAX], shown[FILE_PATH_SIZE];

	snprintf(folder, sizeof folder, "%s", path);
	snprintf(file, sizeof file, "%s", path);
	const char *parent = dirname(folder);
	const char *name = basename(file);
	if (realpath(parent, resolved) == NULL) {
		if (errno == ENOENT)
			return error_set(IOTKIT_ESYSTEM,
					 "there is no folder %s for the outbox (outbox.path): run "
					 "'mkdir -p' for it, or name another",
					 file_path(parent, shown));
		return fail(errno, "find the folder of", path);
	}
	size_t size = strlen(resolved);
	if (size + 1 + strlen(name) >= PATH_MAX)
		return fail(ENAMETOOLONG, "find", path);
	snprintf(resolved + size, PATH_MAX - size, "%s%s", size > 1 ? "/" : "", name);
	return IOTKIT_OK;
}

iotkit_status store_files_resolve(const char *path, char resolved[PATH_MAX])
{
	struct stat status;

	if (strlen(path) >= PATH_MAX)
		return fail(ENAMETOOLONG, "find", path);
	if (lstat(path, &status) != 0 && errno == ENOENT)
		return resolve_folder(path, resolved);
	if (realpath(path, resolved) == NULL)
		return fail(errno, "find", path);
	return IOTKIT_OK;
}

/* ---- What it is ---- */

static iotkit_status refuse(const char *path, const char *what)
{
	char shown[FILE_PATH_SIZE];

	return error_set(IOTKIT_EINVAL,
			 "%s is no outbox, but %s; it is left as it is: name another path "
			 "(outbox.path)",
			 file_path(path, shown), what);
}

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static iotkit_status judge_bytes(const char *path, const unsigned char *bytes, size_t size)
{
	bool is_database = size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
	bool has_application = size >= APPLICATION_AT + 4;

	if (has_application && big_endian(bytes + APPLICATION_AT) == SCHEMA_APPLICATION)
		return IOTKIT_OK;
	if (is_database && has_application)
		return refuse(path, "a database of another program");
	/* Nothing else was ever locked. */
	if (lock_file_exists(path))
		return IOTKIT_OK;
	return refuse(path, "something else");
}

/* To SQLite numbers that it does not know are those of a newer SQLite: it would say
 * that the file is read-only, or of no known format. */
static bool is_understood(const unsigned char *bytes, size_t size)
{
	static const unsigned char fixed[] = {0, 64, 32, 32};
	const unsigned char *versions = bytes + VERSIONS_AT;

	return size == HEADER_SIZE && memcmp(bytes, magic, sizeof magic) == 0 && versions[0] <= 2 &&
	       versions[1] <= 2 && memcmp(bytes + FIXED_AT, fixed, sizeof fixed) == 0 &&
	       big_endian(bytes + FORMAT_AT) <= 4;
}

static bool has_log(const char *path)
{
	char name[STORE_NAME_SIZE];
	struct stat status;

	store_files_name(path, "-wal", name);
	return stat(name, &status) == 0 && status.st_size > 0;
}

static iotkit_status judge_open(int fd, const char *path, enum store_file *kind)
{
	unsigned char bytes[HEADER_SIZE];
	struct stat status;

	if (fstat(fd, &status) != 0)
		return fail(errno, "read", path);
	if (!S_ISREG(status.st_mode))
		return refuse(path, "not even a file");
	ssize_t size = pread(fd, bytes, sizeof bytes, 0);
	if (size < 0)
		return fail(errno, "read", path);
	*kind = STORE_FILE_OUTBOX;
	if (!is_understood(bytes, (size_t)size))
		*kind = STORE_FILE_DAMAGED;
	if (size == 0)
		*kind = has_log(path) ? STORE_FILE_LOG : STORE_FILE_NONE;
	return size == 0 ? IOTKIT_OK : judge_bytes(path, bytes, (size_t)size);
}

iotkit_status store_files_judge(const char *path, enum store_file *kind)
{
	/* O_NONBLOCK: of a FIFO it would wait for a writer. */
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == EISDIR)
		return refuse(path, "a folder");
	if (fd < 0 && errno == ENOENT) {
		*kind = has_log(path) ? STORE_FILE_LOG : STORE_FILE_NONE;
		return IOTKIT_OK;
	}
	if (fd < 0)
		return fail(errno, "write", path);
	iotkit_status status = judge_open(fd, path, kind);
	close(fd);
	return status;
}

/* ---- Making it ---- */

void store_files_remove_new(const char *path)
{
	static const char *const suffixes[] = {"-new", "-new-wal", "-new-shm", "-new-journal"};
	char name[STORE_NAME_SIZE];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		store_files_name(path, suffixes[i], name);
		unlink(name);
	}
}

iotkit_status store_files_make_new(const char *path)
{
	char name[STORE_NAME_SIZE];

	store_files_remove_new(path);
	store_files_name(path, "-new", name);
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(errno, "make", path);
	close(fd);
	return IOTKIT_OK;
}

static iotkit_status sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return fail(errno, "open", path);
	int cause = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	/* Some file systems cannot do it with folders. */
	if (cause != 0 && cause != EINVAL)
		return fail(cause, "save", path);
	return IOTKIT_OK;
}

static iotkit_status sync_folder(const char *path)
{
	char folder[STORE_NAME_SIZE];

	store_files_name(path, "", folder);
	return sync_path(dirname(folder), O_RDONLY | O_DIRECTORY);
}

static iotkit_status move(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return fail(errno, "rename", from);
	return IOTKIT_OK;
}

static iotkit_status adopt(const char *from, const char *path)
{
	iotkit_status status = sync_path(from, O_RDONLY);

	if (status == IOTKIT_OK)
		status = move(from, path);
	return status == IOTKIT_OK ? sync_folder(path) : status;
}

iotkit_status store_files_adopt_new(const char *path)
{
	char name[STORE_NAME_SIZE];

	store_files_name(path, "-new", name);
	return adopt(name, path);
}

/* ---- Setting it aside ---- */

void store_files_name_aside(const char *path, char name[STORE_NAME_SIZE])
{
	char stamp[CLOCK_STAMP_SIZE];
	struct stat status;

	clock_stamp(clock_wall_ms(), stamp);
	snprintf(name, STORE_NAME_SIZE, "%s.damaged-%s", path, stamp);
	for (int i = 2; lstat(name, &status) == 0; i++)
		snprintf(name, STORE_NAME_SIZE, "%s.damaged-%s-%d", path, stamp, i);
}

static iotkit_status move_if_there(const char *from, const char *to)
{
	if (rename(from, to) != 0 && errno != ENOENT)
		return fail(errno, "set aside", from);
	return IOTKIT_OK;
}

/* The log must not stay: SQLite would take it for that of the new file. */
static iotkit_status move_aside(const char *path, const char *aside)
{
	char log[STORE_NAME_SIZE], log_aside[STORE_NAME_SIZE + 4], index[STORE_NAME_SIZE];

	store_files_name(path, "-wal", log);
	store_files_name(path, "-shm", index);
	snprintf(log_aside, sizeof log_aside, "%s-wal", aside);
	/* In this order: without the file its log is worth nothing, but not the reverse. */
	iotkit_status status = move_if_there(path, aside);
	if (status == IOTKIT_OK)
		status = move_if_there(log, log_aside);
	if (status == IOTKIT_OK)
		unlink(index);
	return status;
}

iotkit_status store_files_move_recent(const char *path, const char *aside)
{
	char name[STORE_NAME_SIZE];

	store_files_name(path, "-recent", name);
	iotkit_status status = move_if_there(name, aside);
	return status == IOTKIT_OK ? sync_folder(path) : status;
}

iotkit_status store_files_swap(const char *path, const char *aside)
{
	char ready[STORE_NAME_SIZE];

	store_files_name(path, "-salvaged", ready);
	char name[STORE_NAME_SIZE];
	store_files_name(path, "-new", name);
	iotkit_status status = adopt(name, ready);
	if (status == IOTKIT_OK)
		status = move_aside(path, aside);
	return status == IOTKIT_OK ? adopt(ready, path) : status;
}

iotkit_status store_files_settle(const char *path)
{
	char ready[STORE_NAME_SIZE], aside[STORE_NAME_SIZE];
	struct stat status;

	store_files_name(path, "-salvaged", ready);
	if (lstat(ready, &status) != 0)
		return IOTKIT_OK;
	if (lstat(path, &status) == 0) {
		/* The damaged file is in its place still: from the beginning. */
		unlink(ready);
		return IOTKIT_OK;
	}
	store_files_name_aside(path, aside);
	iotkit_status done = move_aside(path, aside);
	return done == IOTKIT_OK ? adopt(ready, path) : done;
}
