/* SPDX-License-Identifier: MIT
 *
 * Design notes of the device room.
 *
 * All ports are opened, read and closed by one thread, the poller; it alone
 * touches what a struct device holds, but for the fields marked otherwise. Other
 * threads add a device to the list, or mark one as removed, and wake the poller.
 * The poller alone takes devices out of the list, so that while it works on one
 * the device stays where it is.
 *
 * The sink is called by the poller, with the lock not held. A device that is
 * marked removed makes no further call but its last, offline; then it is released,
 * for which devices_remove() waits. Called from within the sink, on the poller's
 * thread, devices_remove() does all this at once, and the poller frees the device
 * as soon as it is back.
 *
 *     added -> offline <-> online      told by sink.state(), once a change
 *                  \          \
 *                   removed    removed, sink.state(offline) -> released
 */
#ifndef IOTKIT_DEVICE_INTERNAL_H
#define IOTKIT_DEVICE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/monitor.h"
#include "base/wake.h"
#include "device/device.h"
#include "device/line.h"
#include "device/parse.h"
#include "device/port.h"
#include "device/report.h"

enum {
	DEVICES_MAX = 256,
	DEVICE_RETRY_MS = 250, /* between attempts to open a port */
	DEVICE_TURN_BYTES = 4096 /* read of one port before the others have their turn */
};

struct device {
	char name[METRIC_NAME_MAX + 1];
	struct port_settings settings;
	struct port port;
	struct line_splitter splitter;
	struct parser parser;
	struct report report;
	int64_t retry_ms; /* when to try the port again */
	bool told; /* the sink was told of the first state */
	struct reason told_why; /* the last reason told for being offline */
	struct reason last_why; /* the last attempt's */
	int64_t read_ms; /* monotonic moment of the last read */
	int64_t read_wall_ms; /* its time of day: when the line at hand arrived */
	bool retired; /* the sink hears nothing more of it */
	atomic_bool removed; /* set by any thread, and never taken back */
	bool released; /* guarded by lock: the poller has let go of it */
	bool orphan; /* guarded by lock: nobody waits, the poller frees it */
};

struct devices {
	struct device_sink sink;
	struct wake wake;
	struct monitor monitor;
	struct device *list[DEVICES_MAX]; /* guarded by lock */
	size_t count; /* guarded by lock */
	struct device_counters counters; /* guarded by lock */
	pthread_t thread; /* guarded by lock */
	bool started; /* guarded by lock */
	bool closing; /* guarded by lock */
	struct parsed parsed; /* the poller's: what the line at hand says */
};

/* The poller's thread. */
void *device_poll(void *context);

/* Each of these is called by the poller only. */

/* Tries to open the port; tells when that changes the state. */
void device_try(struct devices *devices, struct device *device, int64_t now_ms);

/* Reads once from a port that poll() says something of. */
void device_read(struct devices *devices, struct device *device);

/* Closes the port of a removed device, and tells if it was open. May be called
 * twice. */
void device_retire(struct devices *devices, struct device *device);

/* ---- lines.c: what is said over an open port. Called by the poller only. ---- */

void lines_opened(struct devices *devices, struct device *device);
void lines_closed(struct devices *devices, struct device *device); /* about to be */
void lines_take(struct devices *devices, struct device *device, const char *bytes, size_t size);

/* What is to go to the board waits for poll() to say that the port takes it. */
bool lines_want_write(const struct device *device);
void lines_write(struct devices *devices, struct device *device);

/* When lines_tick() is to be called next; it is too after each wake-up. The port may be
 * closed. */
int64_t lines_due(const struct device *device);
void lines_tick(struct devices *devices, struct device *device, int64_t now_ms);

/* Tells the sink, unless the device was removed. */
void lines_log(struct devices *devices, struct device *device, iotkit_status status,
	       const char *text);

#endif
