/* SPDX-License-Identifier: MIT
 *
 * To be preloaded: makes a pty look like a serial port to libserialport.
 *
 * - What lies below /sys is looked for below the folder that the environment's
 *   TTY_SHIM_SYSFS names, while it does.
 * - Modem lines can be read and set on terminals that have none.
 *
 * Only the functions are replaced that libserialport 0.1.1 and port_list.c call.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int modem_lines;

int __lxstat(int version, const char *path, struct stat *out);

static const char *redirect(const char *path, char *buffer)
{
	const char *folder = getenv("TTY_SHIM_SYSFS");

	if (folder == NULL || strncmp(path, "/sys/", 5) != 0)
		return path;
	snprintf(buffer, PATH_MAX, "%s/%s", folder, path + 5);
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

/* Does a modem line's ioctl in the driver's place; false when it is another. */
static int imitate(unsigned long request, int *lines)
{
	switch (request) {
	case TIOCMGET:
		*lines = modem_lines;
		return 1;
	case TIOCMSET:
		modem_lines = *lines;
		return 1;
	case TIOCMBIS:
		modem_lines |= *lines;
		return 1;
	case TIOCMBIC:
		modem_lines &= ~*lines;
		return 1;
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
