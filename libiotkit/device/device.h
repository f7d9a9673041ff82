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

/* The number of a kit's reading (docs/line-protocol.md). */
struct device_origin {
	uint32_t boot; /* the id of its boot, never 0 */
	uint32_t seq;
};

/* How far the numbers of a device have come. All 0: nothing is known. */
struct device_position {
	uint32_t boot;
	uint32_t taken;
	uint32_t saved; /* what the board may forget */
};

/* A state that a board reports, as "on" of its lamp. */
struct device_report {
	const char *device;
	const char *name;
	const char *text;
	int64_t time_ms;
};

/* What became of a command. */
struct device_result {
	const char *device;
	const char *name;
	const char *value;
	uint64_t id;
	iotkit_status status; /* IOTKIT_OK: the board has done it */
	const char *text; /* a sentence */
};

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

	/* What comes in frames. IOTKIT_OK: taken; the board is told that it is kept once
	 * position() says so. Otherwise the board sends it again. */
	iotkit_status (*numbered)(void *context, const struct metric *metric,
				  const struct device_origin *origin);
	iotkit_status (*reported)(void *context, const struct device_report *report,
				  const struct device_origin *origin);
	/* NULL: nothing is known of any board. */
	void (*position)(void *context, const char *device, struct device_position *out);
	/* Readings that the board had to drop, its memory being full. */
	void (*board_dropped)(void *context, const char *device, uint64_t count);
	/* Every command that was taken ends here, once. */
	void (*commanded)(void *context, const struct device_result *result);
};

enum device_reset {
	DEVICE_RESET_AUTO, /* as the port does by itself, but no more on closing */
	DEVICE_RESET_NEVER,
	DEVICE_RESET_ALWAYS
};

/* Where a port's URI does not say otherwise. */
struct device_defaults {
	int64_t silent_ms; /* a kit that says nothing for so long is offline; 0: never */
	enum device_reset reset_on_open;
};

struct device_counters {
	uint64_t bytes;
	uint64_t lines; /* whole lines, good or bad */
	uint64_t lines_rejected;
	uint64_t metrics;
	uint64_t frames; /* good ones */
	uint64_t frames_damaged; /* lines with a ~ that are no frame */
	uint64_t frames_repeated; /* readings that were taken already */
	uint64_t board_dropped; /* readings that boards had to drop */
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

/* For what is opened from now on. */
void devices_set_defaults(struct devices *devices, const struct device_defaults *defaults);

/* Positions have changed: boards may be told what is kept. */
void devices_saved(struct devices *devices);

/* To be sent to the board within ttl_ms, also if it is absent now; the sink hears what
 * becomes of it. IOTKIT_ENOENT when there is no such device, IOTKIT_EFULL when 16 wait for
 * it, IOTKIT_EINVAL for a name or value that no frame can carry. Fails with a sentence. */
iotkit_status devices_command(struct devices *devices, const char *name, const char *command,
			      const char *value, int64_t ttl_ms, uint64_t id);

void devices_count(struct devices *devices, struct device_counters *out);

/* As "libserialport 0.1.1" and "cJSON 1.7.15". */
void device_describe_library(char *text, size_t size);
void device_describe_json(char *text, size_t size);

/* iotkit_list_ports() */
iotkit_status device_list_ports(iotkit_port_info *ports, size_t capacity, size_t *count_out);

#endif
