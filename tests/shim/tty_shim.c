/* SPDX-License-Identifier: MIT
 *
 * To be preloaded: makes a pty look like a serial port to libserialport.
 *
 * - What lies below /sys is looked for below the folder that the environment's
 *   TTY_SHIM_SYSFS names, while it does.
 * - The ports /dev/ttyACM* and /dev/ttyUSB* are looked for in its folder dev/.
 * - Modem lines can be read and set on terminals that have none.
 *
 * Only the functions are replaced that libserialport 0.1.1 and port_list.c call.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HISTORY_MAX = 256 };

static atomic_int modem_lines;
static atomic_int history[HISTORY_MAX];
static atomic_int history_count;

int tty_shim_history(int *out, int max);

int __lxstat(int version, const char *path, struct stat *out);
int __open_2(const char *path, int flags);

static bool begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

static bool is_port(const char *path)
{
	return begins(path, "/dev/ttyACM") || begins(path, "/dev/ttyUSB");
}

static const char *redirect(const char *path, char *buffer)
{
	const char *folder = getenv("TTY_SHIM_SYSFS");

	if (folder == NULL || (!begins(path, "/sys/") && !is_port(path)))
		return path;
	snprintf(buffer, PATH_MAX, "%s/%s", folder, path + (is_port(path) ? 1 : 5));
	return buffer;
}

/* The function of this name that would be called without this library. */
static void find_next(void *function, const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);

	if (next == NULL)
		abort();
	memcpy(function, &next, sizeof next);
}

int lstat(const char *path, struct stat *out)
{
	char buffer[PATH_MAX];
	int (*next)(const char *, struct stat *);

	find_next(&next, "lstat");
	return next(redirect(path, buffer), out);
}

/* What lstat() is in programs built before glibc 2.33. */
int __lxstat(int version, const char *path, struct stat *out)
{
	(void)version;
	return lstat(path, out);
}

int stat(const char *path, struct stat *out)
{
	char buffer[PATH_MAX];
	int (*next)(const char *, struct stat *);

	find_next(&next, "stat");
	return next(redirect(path, buffer), out);
}

int open(const char *path, int flags, ...)
{
	char buffer[PATH_MAX];
	int (*next)(const char *, int, ...);
	va_list args;

	va_start(args, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	find_next(&next, "open");
	return next(redirect(path, buffer), flags, mode);
}

/* What open() is in programs built with -D_FORTIFY_SOURCE. */
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

/* A port is what it is called here, and no link. */
char *realpath(const char *path, char *out)
{
	char buffer[PATH_MAX];
	char *(*next)(const char *, char *);

	find_next(&next, "realpath");
	char *real = next(redirect(path, buffer), out);
	if (real == NULL || !is_port(path))
		return real;
	if (out == NULL) {
		free(real);
		return strdup(path);
	}
	return strcpy(out, path);
}

ssize_t readlink(const char *path, char *out, size_t size)
{
	char buffer[PATH_MAX];
	ssize_t (*next)(const char *, char *, size_t);

	find_next(&next, "readlink");
	return next(redirect(path, buffer), out, size);
}

FILE *fopen(const char *path, const char *mode)
{
	char buffer[PATH_MAX];
	FILE *(*next)(const char *, const char *);

	find_next(&next, "fopen");
	return next(redirect(path, buffer), mode);
}

int scandir(const char *path, struct dirent ***out, int (*select)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	char buffer[PATH_MAX];
	int (*next)(const char *, struct dirent ***, int (*)(const struct dirent *),
		    int (*)(const struct dirent **, const struct dirent **));

	find_next(&next, "scandir");
	return next(redirect(path, buffer), out, select, compare);
}

/* For tests: copies what the modem lines were set to, one after another, and returns how
 * often that was. Beyond max they are only counted. */
int tty_shim_history(int *out, int max)
{
	int count = history_count;

	for (int i = 0; i < count && i < max && i < HISTORY_MAX; i++)
		out[i] = history[i];
	return count;
}

static int set_modem_lines(int lines)
{
	int count = history_count;

	modem_lines = lines;
	if (count < HISTORY_MAX)
		history[count] = lines;
	history_count = count + 1;
	return 1;
}

/* Does a modem line's ioctl in the driver's place; false when it is another. */
static int imitate(unsigned long request, int *lines)
{
	switch (request) {
	case TIOCMGET:
		*lines = modem_lines;
		return 1;
	case TIOCMSET:
		return set_modem_lines(*lines);
	case TIOCMBIS:
		return set_modem_lines(modem_lines | *lines);
	case TIOCMBIC:
		return set_modem_lines(modem_lines & ~*lines);
	default:
		return 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...);
	va_list args;

	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	find_next(&next, "ioctl");
	int rc = next(fd, request, argument);
	int why = errno;
	if (rc < 0 && isatty(fd) && imitate(request, argument))
		return 0;
	errno = why;
	return rc;
}
