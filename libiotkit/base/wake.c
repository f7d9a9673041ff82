/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2 */
#include "base/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

iotkit_status wake_open(struct wake *wake)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return error_set_system(errno, "cannot make a pipe to wake a thread with");
	wake->read_fd = fds[0];
	wake->write_fd = fds[1];
	return IOTKIT_OK;
}

void wake_close(struct wake *wake)
{
	close(wake->read_fd);
	close(wake->write_fd);
}

void wake_signal(struct wake *wake)
{
	/* A full pipe is readable, which is all that is wanted. */
	while (write(wake->write_fd, "", 1) < 0 && errno == EINTR)
		continue;
}

void wake_clear(struct wake *wake)
{
	char bytes[64];
	ssize_t n;

	do
		n = read(wake->read_fd, bytes, sizeof bytes);
	while (n > 0 || (n < 0 && errno == EINTR));
}
