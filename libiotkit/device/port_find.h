/* SPDX-License-Identifier: MIT
 *
 * Where the board of an identity is plugged in now.
 */
#ifndef IOTKIT_DEVICE_PORT_FIND_H
#define IOTKIT_DEVICE_PORT_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/port_identity.h"

/* The ports of this machine, listed once for all devices that look for theirs at about
 * the same time. All zero is one that was never looked at. */
struct port_census {
	iotkit_port_info *ports;
	size_t count;
	int64_t good_until_ms;
};

/* Lists the ports, unless that was done just now. Fails with a sentence. */
iotkit_status port_census_look(struct port_census *census, int64_t now_ms);

/* The next look lists anew. */
void port_census_forget(struct port_census *census);

void port_census_free(struct port_census *census);

/* Whether a port is open already, and so not the one that is looked for. */
struct port_taken {
	bool (*is)(const void *context, const char *path);
	const void *context;
};

/* IOTKIT_ENOENT when there is no such board, IOTKIT_EBUSY when each is taken, IOTKIT_EINVAL
 * when several are there. */
iotkit_status port_find(const struct port_census *census, const struct port_identity *identity,
			const struct port_taken *taken, char *path_out, size_t path_size);

/* Whether the board of this identity is at path, now. */
bool port_is_of(const char *path, const struct port_identity *identity);

#endif
