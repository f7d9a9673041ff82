/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_MSEC 1000

/* Best effort, as sd_notify() is: a service works without a manager. */
static void send_to(const char *path, const char *text, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, length);
	/* Linux's abstract names begin with a NUL. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, size, MSG_NOSIGNAL, (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

void notify_send(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char text[2048];
	va_list args;

	if (path == NULL)
		return;
	va_start(args, format);
	int length = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (length > 0)
		send_to(path, text, strlen(text));
}

void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	notify_send("RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int64_t number_of(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL ? strtoll(value, NULL, 10) : 0;
}

int64_t notify_watchdog_ms(void)
{
	int64_t usec = number_of("WATCHDOG_USEC");
	int64_t pid = number_of("WATCHDOG_PID");

	if (usec <= 0 || (pid != 0 && pid != getpid()))
		return 0;
	return usec / 2 < USEC_PER_MSEC ? 1 : usec / 2 / USEC_PER_MSEC;
}
