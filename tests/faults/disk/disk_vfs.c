/* SPDX-License-Identifier: MIT */
#include "disk_vfs.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "disk_image.h"

/* What SQLite holds of an open file; the real one follows it. */
struct disk_file {
	sqlite3_file base;
	struct disk_image *image; /* NULL: not remembered; nor are temporary files */
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs disk_vfs;
static bool remembers;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct disk_plan current;
static long count;
static bool stalled;
static bool released;

/* ---- The plan ---- */

void disk_plan(const struct disk_plan *plan)
{
	pthread_mutex_lock(&lock);
	current = plan != NULL ? *plan : (struct disk_plan){.operations = DISK_ANY};
	count = 0;
	stalled = released = false;
	pthread_mutex_unlock(&lock);
}

long disk_count(void)
{
	pthread_mutex_lock(&lock);
	long result = count;
	pthread_mutex_unlock(&lock);
	return result;
}

bool disk_struck(void)
{
	pthread_mutex_lock(&lock);
	bool result = current.fate != DISK_WORKS && count >= current.at;
	pthread_mutex_unlock(&lock);
	return result;
}

bool disk_await_stall(int timeout_ms)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += timeout_ms / 1000 + 1;
	pthread_mutex_lock(&lock);
	while (!stalled && pthread_cond_timedwait(&changed, &lock, &deadline) == 0)
		continue;
	bool result = stalled;
	pthread_mutex_unlock(&lock);
	return result;
}

void disk_release(void)
{
	pthread_mutex_lock(&lock);
	released = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static int failure_of(enum disk_operation operation, bool full)
{
	switch (operation) {
	case DISK_OPEN:
		return SQLITE_CANTOPEN;
	case DISK_SYNC:
		return SQLITE_IOERR_FSYNC;
	case DISK_TRUNCATE:
		return SQLITE_IOERR_TRUNCATE;
	case DISK_DELETE:
		return SQLITE_IOERR_DELETE;
	case DISK_WRITE:
	case DISK_ANY:
		break;
	}
	return full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void stall(void)
{
	stalled = true;
	pthread_cond_broadcast(&changed);
	while (!released)
		pthread_cond_wait(&changed, &lock);
}

/* What the operation, now counted, is to return in place of being done; needs the lock. */
static int strike(enum disk_operation operation)
{
	bool full = current.fate == DISK_IS_FULL_ONCE || current.fate == DISK_IS_FULL_FROM_THEN_ON;
	bool now = count == current.at;

	switch (current.fate) {
	case DISK_WORKS:
	case DISK_KILLS_AFTER:
		break;
	case DISK_FAILS_ONCE:
	case DISK_IS_FULL_ONCE:
		return now ? failure_of(operation, full) : SQLITE_OK;
	case DISK_FAILS_FROM_THEN_ON:
	case DISK_IS_FULL_FROM_THEN_ON:
		return count >= current.at ? failure_of(operation, full) : SQLITE_OK;
	case DISK_STALLS:
		if (now)
			stall();
		break;
	case DISK_KILLS_BEFORE:
		if (now)
			die();
		break;
	case DISK_LOSES_POWER:
		if (now) {
			disk_image_lose_power(current.seed);
			_exit(DISK_POWER_STATUS);
		}
		break;
	}
	return SQLITE_OK;
}

/* An operation is one step, for the count and for what the disk has. */
static int begin(enum disk_operation operation)
{
	pthread_mutex_lock(&lock);
	if ((current.operations & operation) == 0)
		return SQLITE_OK;
	count++;
	return strike(operation);
}

static int end(enum disk_operation operation, int result)
{
	if (current.fate == DISK_KILLS_AFTER && (current.operations & operation) != 0 &&
	    count == current.at)
		die();
	pthread_mutex_unlock(&lock);
	return result;
}

/* ---- A file's methods ---- */

static struct disk_file *of(sqlite3_file *file)
{
	return (struct disk_file *)file;
}

static sqlite3_file *real(sqlite3_file *file)
{
	return of(file)->real;
}

static int file_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
	return real(file)->pMethods->xRead(real(file), bytes, size, offset);
}

static int put(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
	int rc = real(file)->pMethods->xWrite(real(file), bytes, size, offset);

	if (rc == SQLITE_OK && of(file)->image != NULL)
		disk_image_write(of(file)->image, (size_t)offset, bytes, (size_t)size);
	return rc;
}

/* A write that fails has been half done. */
static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
	int rc = begin(DISK_WRITE);

	if (rc == SQLITE_OK)
		rc = put(file, bytes, size, offset);
	else if (size > 1)
		put(file, bytes, size / 2, offset);
	return end(DISK_WRITE, rc);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int rc = begin(DISK_TRUNCATE);

	if (rc == SQLITE_OK)
		rc = real(file)->pMethods->xTruncate(real(file), size);
	if (rc == SQLITE_OK && of(file)->image != NULL)
		disk_image_truncate(of(file)->image, (size_t)size);
	return end(DISK_TRUNCATE, rc);
}

static int file_sync(sqlite3_file *file, int flags)
{
	int rc = begin(DISK_SYNC);

	if (rc == SQLITE_OK)
		rc = real(file)->pMethods->xSync(real(file), flags);
	if (rc == SQLITE_OK && of(file)->image != NULL)
		disk_image_sync(of(file)->image);
	return end(DISK_SYNC, rc);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_check_reserved(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int file_sector_size(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int file_characteristics(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete_it)
{
	return real(file)->pMethods->xShmUnmap(real(file), delete_it);
}

/* Version 2: without memory mapping, so that every write comes by here. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* ---- The VFS's methods ---- */

/* Through the open file: to open and close it once more would end SQLite's locks. */
static void load(struct disk_image *image, sqlite3_file *file)
{
	sqlite3_int64 size = 0;
	unsigned char *bytes = NULL;

	if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		abort();
	if (size > 0 && ((bytes = malloc((size_t)size)) == NULL ||
			 file->pMethods->xRead(file, bytes, (int)size, 0) != SQLITE_OK))
		abort();
	disk_image_set(image, bytes, (size_t)size);
	free(bytes);
}

static struct disk_image *image_of(const char *path, bool existed, sqlite3_file *file)
{
	struct disk_image *image = disk_image_find(path);

	if (image == NULL) {
		image = disk_image_new(path);
		if (existed)
			load(image, file);
	} else if (!existed) {
		disk_image_create(image);
	}
	return image;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *out, int flags,
		    int *flags_out)
{
	struct disk_file *file = of(out);
	int rc = begin(DISK_OPEN);
	bool existed = path != NULL && access(path, F_OK) == 0;

	(void)vfs;
	*file = (struct disk_file){.real = (sqlite3_file *)(file + 1)};
	if (rc == SQLITE_OK)
		rc = real_vfs->xOpen(real_vfs, path, file->real, flags, flags_out);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	if (rc == SQLITE_OK && path != NULL && remembers)
		file->image = image_of(path, existed, file->real);
	return end(DISK_OPEN, rc);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int synced)
{
	int rc = begin(DISK_DELETE);

	(void)vfs;
	if (rc == SQLITE_OK)
		rc = real_vfs->xDelete(real_vfs, path, synced);
	if (rc == SQLITE_OK && disk_image_find(path) != NULL)
		disk_image_delete(disk_image_find(path), synced != 0);
	return end(DISK_DELETE, rc);
}

void disk_install(bool may_lose_power)
{
	remembers = may_lose_power;
	disk_plan(NULL);
	if (real_vfs != NULL)
		return;
	real_vfs = sqlite3_vfs_find(NULL);
	disk_vfs = *real_vfs;
	disk_vfs.zName = "disk";
	disk_vfs.pNext = NULL;
	disk_vfs.szOsFile = (int)sizeof(struct disk_file) + real_vfs->szOsFile;
	disk_vfs.xOpen = vfs_open;
	disk_vfs.xDelete = vfs_delete;
	if (sqlite3_vfs_register(&disk_vfs, 1) != SQLITE_OK)
		abort();
}
