/* SPDX-License-Identifier: MIT */
#include "base/patience.h"

#include "base/clock.h"

enum patience_end patience_poll(const struct patience *patience, struct pollfd *fds, nfds_t count,
				int64_t next_look)
{
	struct pollfd all[PATIENCE_FDS + 1];
	int64_t until = next_look < patience->deadline ? next_look : patience->deadline;

	for (nfds_t i = 0; i < count; i++)
		all[i] = fds[i];
	all[count] = (struct pollfd){.fd = patience->wake->read_fd, .events = POLLIN};
	poll(all, count + 1, clock_poll_timeout(until));
	for (nfds_t i = 0; i < count; i++)
		fds[i] = all[i];
	if (all[count].revents != 0)
		wake_clear(patience->wake);
	if (patience->cancelled(patience->context))
		return PATIENCE_CANCELLED;
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].revents != 0)
			return PATIENCE_READY;
	return clock_monotonic_ms() >= patience->deadline ? PATIENCE_TIMEOUT : PATIENCE_READY;
}
