/* SPDX-License-Identifier: MIT
 *
 * The boards of one handle: one thread polls all their ports, splits what
 * comes into lines, and hands on what the lines say.
 */
#ifndef IOTKIT_DEVICE_DEVICE_H
#define IOTKIT_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "iotkit.h"
#include "metric/metric.h"

/* Where everything goes. Called on the device thread, with no lock held; all
 * pointers are borrowed. It may add and remove devices, but not close them all. */
struct device_sink {
	void *context;
	void (*metric)(void *context, const struct metric *metric);
	/* A port opened, or was lost or not there; text says which and why. Called
	 * once a change, the first time when a device was added, the last time
	 * (IOTKIT_OK) when one that was online is removed. */
	void (*state)(void *context, const char *device, bool online, iotkit_status status,
		      const char *text);
	/* A '#' line (status IOTKIT_OK), or what was wrong with a line or a port. */
	void (*log)(void *context, const char *device, iotkit_status status, const char *text);
};

struct device_counters {
	uint64_t bytes;
	uint64_t lines; /* whole lines, good or bad */
	uint64_t lines_rejected;
	uint64_t metrics;
};

struct devices;

/* Starts no thread yet: that is done when the first device is added. */
iotkit_status devices_open(const struct device_sink *sink, struct devices **out);

/* Closes all ports, which the sink is not told of, and ends the thread; no call to
 * the sink follows. NULL does nothing. */
void devices_close(struct devices *devices);

/* Returns at once; the state of the port is told to the sink. */
iotkit_status devices_add(struct devices *devices, const char *name, const char *port_uri);

/* When it returns, the sink hears nothing more of this device. It waits for the
 * sink, so hold no lock that the sink takes. */
iotkit_status devices_remove(struct devices *devices, const char *name);

void devices_count(struct devices *devices, struct device_counters *out);

/* iotkit_list_ports() */
iotkit_status device_list_ports(iotkit_port_info *ports, size_t capacity, size_t *count_out);

#endif
