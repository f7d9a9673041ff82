/* SPDX-License-Identifier: MIT
 *
 * Which process has a port open, as /proc tells. Those of other users show only to root.
 */
#ifndef IOTKIT_DEVICE_PORT_HOLDER_H
#define IOTKIT_DEVICE_PORT_HOLDER_H

#include <stdbool.h>

enum { PORT_HOLDER_NAME_MAX = 15 }; /* what the kernel keeps of a name */

enum port_held {
	PORT_HELD_BY_NOBODY, /* that shows */
	PORT_HELD_BY_OTHER,
	PORT_HELD_BY_OURSELVES /* another device of this process */
};

struct port_holder {
	enum port_held held;
	int pid;
	char name[PORT_HOLDER_NAME_MAX + 1];
};

/* Looks for who may read from the port. Harmless are those that only write to it, the maker of a
 * pty, and what this process has open without a lock: that is its own affair. */
void port_holder_find(const char *path, struct port_holder *out);

/* Does any process have this name? */
bool port_holder_runs(const char *name);

#endif
