/* SPDX-License-Identifier: MIT */
#include "link/resolve.h"

#include "base/clock.h"
#include "base/error.h"

iotkit_status resolve(const char *host, uint16_t port, const struct patience *patience,
		      struct address addresses[LOOKUP_MAX], size_t *count_out)
{
	struct lookup *lookup = NULL;
	iotkit_status status = lookup_start(host, port, &lookup);

	if (status != IOTKIT_OK)
		return status;
	struct pollfd done = {.fd = lookup_fd(lookup), .events = POLLIN};
	enum patience_end end;
	do
		end = patience_poll(patience, &done, 1, CLOCK_NEVER);
	while (end == PATIENCE_READY && done.revents == 0);

	if (end == PATIENCE_CANCELLED)
		status = error_set(IOTKIT_ESTATE, "looking up the host name '%s' was called off",
				   host);
	else if (end == PATIENCE_TIMEOUT)
		status = error_set(IOTKIT_ETIMEOUT,
				   "looking up the host name '%s' took too long: check the name "
				   "servers of this machine, or raise connect.timeout_ms",
				   host);
	else
		status = lookup_take(lookup, "the broker's", addresses, count_out);
	lookup_leave(lookup);
	return status;
}
