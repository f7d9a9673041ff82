/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2 */
#include "base/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/error.h"

iotkit_status wake_open(struct wake *wake)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return error_set_system(errno, "cannot make a pipe to wake a thread with");
	atomic_init(&wake->signalled, false);
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
	if (atomic_exchange(&wake->signalled, true))
		return;
	while (write(wake->write_fd, "", 1) < 0 && errno == EINTR)
		continue;
}

void wake_clear(struct wake *wake)
{
	char bytes[64];
	ssize_t n;

	do
		n = read(wake->read_fd, bytes, sizeof bytes);
	while (n == sizeof bytes || (n < 0 && errno == EINTR));
	/* Last: a signal that comes before this is for what the caller looks at next. */
	atomic_store(&wake->signalled, false);
}
