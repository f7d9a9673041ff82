/* SPDX-License-Identifier: MIT
 *
 * How long a step that waits may take: until a deadline, or until somebody
 * who signals the wake-up says that it is no longer wanted.
 */
#ifndef IOTKIT_BASE_PATIENCE_H
#define IOTKIT_BASE_PATIENCE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/wake.h"

struct patience {
	int64_t deadline;
	struct wake *wake;
	bool (*cancelled)(void *context);
	void *context;
};

enum patience_end {
	PATIENCE_READY, /* a descriptor is ready, or next_look has come */
	PATIENCE_TIMEOUT,
	PATIENCE_CANCELLED
};

/* Waits for one of the descriptors (at most PATIENCE_FDS), but no longer than
 * the moment next_look, at which the caller wants to look around. */
enum { PATIENCE_FDS = 32 };
enum patience_end patience_poll(const struct patience *patience, struct pollfd *fds, nfds_t count,
				int64_t next_look);

#endif
