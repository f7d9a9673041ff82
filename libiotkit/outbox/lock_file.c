/* SPDX-License-Identifier: MIT */
#include "outbox/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

enum {
	NAME_SIZE = PATH_MAX + 8,
	HOLDER_SIZE = 96,
	PID_SIZE = 24,
	PATIENCE_MS = 100 /* longer than anybody has it who only looks */
};

static void name_lock(const char *path, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s-lock", path);
}

bool lock_file_exists(const char *path)
{
	char name[NAME_SIZE];
	struct stat status;

	name_lock(path, name);
	return lstat(name, &status) == 0;
}

static long read_pid(int fd)
{
	char text[PID_SIZE] = "";
	ssize_t size = pread(fd, text, sizeof text - 1, 0);

	return size > 0 ? strtol(text, NULL, 10) : 0;
}

/* The program's name, as " (gateway)"; "" when it cannot be had. */
static void name_program(long pid, char *text, size_t size)
{
	char name[64];
	char line[32] = "";

	snprintf(name, sizeof name, "/proc/%ld/comm", pid);
	FILE *file = fopen(name, "re");
	if (file == NULL || fgets(line, sizeof line, file) == NULL)
		line[0] = '\0';
	if (file != NULL)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	text[0] = '\0';
	if (line[0] != '\0')
		snprintf(text, size, " (%s)", line);
}

static void name_holder(int fd, char text[HOLDER_SIZE])
{
	char program[40];
	long pid = read_pid(fd);

	if (pid <= 0)
		snprintf(text, HOLDER_SIZE, "another process");
	else if (pid == (long)getpid())
		snprintf(text, HOLDER_SIZE, "this process");
	else if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
		snprintf(text, HOLDER_SIZE, "a child of process %ld, which has ended itself,", pid);
	else {
		name_program(pid, program, sizeof program);
		snprintf(text, HOLDER_SIZE, "process %ld%s", pid, program);
	}
}

static iotkit_status refuse(int fd, int cause, const char *shown)
{
	char holder[HOLDER_SIZE];

	if (cause != EWOULDBLOCK)
		return error_set_system(cause, "cannot lock the outbox %s", shown);
	name_holder(fd, holder);
	return error_set(IOTKIT_EBUSY,
			 "%s has the outbox %s open already: stop it, or give each gateway an "
			 "outbox.path of its own",
			 holder, shown);
}

static void write_pid(int fd)
{
	char text[PID_SIZE];

	snprintf(text, sizeof text, "%ld\n", (long)getpid());
	/* It only makes a sentence better. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, strlen(text), 0) < 0)
		errno = 0;
}

static int lock(int fd)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
	int result;

	while ((result = flock(fd, LOCK_EX | LOCK_NB)) != 0 && errno == EWOULDBLOCK &&
	       clock_monotonic_ms() < deadline)
		nanosleep(&pause, NULL);
	return result;
}

iotkit_status lock_file_take(const char *path, int *fd_out)
{
	char name[NAME_SIZE];
	char shown[FILE_PATH_SIZE];

	name_lock(path, name);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set_system(errno,
					"cannot make the outbox's lock file %s, for which its "
					"folder must be writable (outbox.path)",
					file_path(name, shown));
	if (lock(fd) != 0) {
		iotkit_status status = refuse(fd, errno, file_path(path, shown));
		close(fd);
		return status;
	}
	write_pid(fd);
	*fd_out = fd;
	return IOTKIT_OK;
}

void lock_file_release(int fd)
{
	if (fd >= 0)
		close(fd);
}
