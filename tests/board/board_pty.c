/* SPDX-License-Identifier: MIT */
#include "board_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static bool complain(const char *what, const char *object)
{
	fprintf(stderr, "%s: cannot %s %s: %s\n", program_invocation_short_name, what, object,
		strerror(errno));
	return false;
}

/*
 * Raw mode, so that nothing is echoed or translated before the reader sets its
 * own. Opening and closing the slave once matters as well: only then does the
 * kernel report a hang-up while nobody has it open.
 */
static bool prepare_slave(const char *slave)
{
	struct termios mode;
	int fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return complain("open", slave);
	bool done = tcgetattr(fd, &mode) == 0;
	if (done) {
		cfmakeraw(&mode);
		done = tcsetattr(fd, TCSANOW, &mode) == 0;
	}
	close(fd);
	return done || complain("set raw mode on", slave);
}

/* A link left behind by a killed board is replaced; anything else is not. */
static bool make_link(const char *slave, const char *link)
{
	struct stat status;

	if (lstat(link, &status) == 0 && S_ISLNK(status.st_mode))
		unlink(link);
	return symlink(slave, link) == 0 || complain("make the link", link);
}

static bool open_pair(struct board_pty *pty)
{
	pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->fd < 0)
		return complain("open", "a pseudo-terminal");
	if (grantpt(pty->fd) != 0 || unlockpt(pty->fd) != 0 ||
	    ptsname_r(pty->fd, pty->slave, sizeof pty->slave) != 0)
		return complain("unlock", "the pseudo-terminal");
	return prepare_slave(pty->slave);
}

bool board_pty_open(struct board_pty *pty, const char *link)
{
	*pty = (struct board_pty){.fd = -1};
	if (open_pair(pty) && (link == NULL || make_link(pty->slave, link))) {
		pty->link = link;
		return true;
	}
	board_pty_close(pty);
	return false;
}

static bool link_is_ours(const struct board_pty *pty)
{
	char target[sizeof pty->slave];
	ssize_t length = readlink(pty->link, target, sizeof target);

	return length > 0 && (size_t)length == strlen(pty->slave) &&
	       memcmp(target, pty->slave, (size_t)length) == 0;
}

void board_pty_close(struct board_pty *pty)
{
	if (pty->link != NULL && link_is_ours(pty))
		unlink(pty->link);
	if (pty->fd >= 0)
		close(pty->fd);
	pty->fd = -1;
}

bool board_pty_attached(const struct board_pty *pty)
{
	struct pollfd end = {.fd = pty->fd};

	return pty->fd >= 0 && (poll(&end, 1, 0) == 0 || (end.revents & POLLHUP) == 0);
}

void board_pty_forget(const struct board_pty *pty)
{
	int fd = open(pty->slave, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	tcflush(fd, TCIFLUSH);
	close(fd);
}

size_t board_pty_unread(const struct board_pty *pty)
{
	int fd = open(pty->slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	int bytes = 0;

	if (fd < 0)
		return 0;
	if (ioctl(fd, FIONREAD, &bytes) != 0)
		bytes = 0;
	close(fd);
	return (size_t)bytes;
}

size_t board_pty_read(struct board_pty *pty, uint8_t *bytes, size_t size)
{
	ssize_t n = read(pty->fd, bytes, size);

	return n > 0 ? (size_t)n : 0;
}

size_t board_pty_write(struct board_pty *pty, const uint8_t *bytes, size_t size)
{
	ssize_t n = write(pty->fd, bytes, size);

	return n > 0 ? (size_t)n : 0;
}
