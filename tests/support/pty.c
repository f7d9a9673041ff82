/* SPDX-License-Identifier: MIT */
#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

enum { PATIENCE_MS = 10000 };

void pty_open(struct pty *pty)
{
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_msg(pty->master >= 0, "cannot open a pty: %s", strerror(errno));
	ck_assert_int_eq(grantpt(pty->master), 0);
	ck_assert_int_eq(unlockpt(pty->master), 0);
	ck_assert_int_eq(ptsname_r(pty->master, pty->path, sizeof pty->path), 0);
}

void pty_close(struct pty *pty)
{
	close(pty->master);
	pty->master = -1;
}

void pty_write(const struct pty *pty, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		struct pollfd room = {.fd = pty->master, .events = POLLOUT};
		ck_assert_msg(poll(&room, 1, PATIENCE_MS) > 0, "nobody reads %s", pty->path);
		ssize_t written = write(pty->master, at, size);
		if (written < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		ck_assert_msg(written > 0, "cannot write to %s: %s", pty->path, strerror(errno));
		at += written;
		size -= (size_t)written;
	}
}

void pty_print(const struct pty *pty, const char *text)
{
	pty_write(pty, text, strlen(text));
}

void pty_link(const struct pty *pty, const char *link)
{
	char next[512];

	snprintf(next, sizeof next, "%s.next", link);
	unlink(next);
	ck_assert_int_eq(symlink(pty->path, next), 0);
	ck_assert_int_eq(rename(next, link), 0);
}
