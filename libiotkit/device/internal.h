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
#include "device/lines.h"
#include "device/parse.h"
#include "device/port.h"
#include "device/port_find.h"
#include "device/port_reset.h"
#include "device/port_speed.h"
#include "device/port_tcp.h"
#include "device/report.h"
#include "device/rest.h"
#include "device/watch.h"

enum {
	DEVICES_MAX = 256,
	DEVICE_RETRY_MS = 250, /* between attempts to open a port */
	DEVICE_EAGER_RETRY_MS = 50, /* ... for a while after udev told of a port */
	DEVICE_EAGER_MS = 1000,
	DEVICE_REDIAL_MS = 1000, /* between attempts to connect */
	DEVICE_BUSY_RETRY_MS = 1000, /* each looks through /proc for who has the port */
	DISMISSED_MAX = 32,
	DEVICE_TURN_BYTES = 4096 /* read of one port before the others have their turn */
};

/* What a serial:auto found, auto.c. */
struct finding {
	char uri[sizeof((iotkit_port_info *)0)->uri];
	char kind[128]; /* "Arduino Uno R3", for a person */
	char name[128]; /* if the board has none of its own: "arduino-uno-r3-307151" */
	char tail[8]; /* tells it from others of the same name: "7151", or "" */
};

struct device {
	/* Changed by the poller with the lock held, once: when a provisional one settles. */
	char name[METRIC_NAME_MAX + 1];
	struct port_settings settings; /* the path of a board with an identity is the poller's */
	struct port port;
	char node[PORT_PATH_MAX + 1]; /* the open port without links, as "/dev/ttyACM0" */
	struct port_dial *dial; /* a connection being made */
	struct device *parent; /* the serial:auto that made it, or NULL */
	struct finding finding; /* where there is a parent */
	bool provisional; /* guarded by lock: it has its parent's name until it settles */
	struct line_splitter splitter;
	struct parser parser;
	struct report report;
	struct lines lines;
	struct rest rest;
	struct port_reset reset;
	struct port_speed speed;
	int64_t opened_ms; /* when the port was opened last */
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
	struct device_defaults defaults; /* guarded by lock */
	atomic_uint stirred; /* grows when the poller is to look after commands and positions */
	pthread_t thread; /* guarded by lock */
	bool started; /* guarded by lock */
	bool closing; /* guarded by lock */
	/* These are the poller's. */
	struct parsed parsed; /* what the line at hand says */
	struct frame_text frame_text; /* of the frame at hand */
	struct port_census census;
	struct watch watch;
	int64_t eager_until_ms;
	char dismissed[DISMISSED_MAX][sizeof((iotkit_port_info *)0)->uri]; /* auto.c */
	size_t dismissed_next;
};

/* The poller's thread. */
void *device_poll(void *context);

/* Each of these is called by the poller only. */

/* Tries to open the port, or begins to connect; tells when that changes the state. */
void device_try(struct devices *devices, struct device *device, int64_t now_ms);

/* Goes on connecting. */
void device_dial(struct devices *devices, struct device *device, int64_t now_ms);

/* Tells that the port is open, unless the device is provisional. */
void device_tell_online(struct devices *devices, struct device *device);

/* Reads once from a port that poll() says something of. */
void device_read(struct devices *devices, struct device *device);

/* Closes the port of a removed device, and tells if it was open. May be called
 * twice. */
void device_retire(struct devices *devices, struct device *device);

/* Before the first line of a device is handed on: gives a provisional one its name, the
 * board's own, or for NULL one after its kind, and tells its state. True at once for all
 * others. False when the device was removed: the line is not to be handed on. */
bool device_settle_name(struct devices *devices, struct device *device, const char *kit_name);

/* ---- devices.c ---------------------------------------------------------- */

/* IOTKIT_ENOMEM, or IOTKIT_EINVAL for the name. */
iotkit_status device_new(const char *name, const struct port_settings *settings,
			 struct device **out);

/* One that is in no list; its port is closed. */
void device_free(struct device *device);

/* With the lock held: the device of this name, NULL when there is none; provisional ones
 * have none. */
struct device *devices_find(const struct devices *devices, const char *name);

/* With the lock held. IOTKIT_EEXIST, IOTKIT_EFULL or IOTKIT_ESYSTEM. */
iotkit_status devices_append(struct devices *devices, struct device *device);

/* ---- opening.c: what goes between an open port and its lines. ---- */

void opening_begin(struct devices *devices, struct device *device, int64_t now_ms);

/* Whether these bytes are meant for the lines. */
bool opening_take(struct device *device, const char *bytes, size_t size);

/* Does the board hear what is written now? */
bool opening_may_write(const struct device *device);

/* When opening_tick() is to be called next. The port may be closed. */
int64_t opening_due(const struct device *device);
void opening_tick(struct devices *devices, struct device *device, int64_t now_ms);

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

/* Complains of a line, unless this board has just complained of its like. */
void lines_complain(struct devices *devices, struct device *device, enum report_kind kind,
		    const char *text);

/* Adds to the counters. */
void lines_count(struct devices *devices, const struct device_counters *more);

/* The board gives a sign of life; tells that it is online again. */
void lines_heard(struct devices *devices, struct device *device);

/* ---- plain.c: lines that are no frames ---- */

void plain_take_line(struct devices *devices, struct device *device, const struct line *line);
void plain_complain_of_bytes(struct devices *devices, struct device *device, enum line_fault fault);
void plain_complain_of_cut(struct devices *devices, struct device *device);

/* ---- talk.c: frames ---- */

/* A line that is a frame, or may be what is left of one. */
void talk_take_line(struct devices *devices, struct device *device, const struct line *line);

/* How far its numbers have come, as the sink knows. */
void talk_position(struct devices *devices, const struct device *device,
		   struct device_position *out);

/* Asks the board for its hello. */
void talk_ask(struct devices *devices, struct device *device, int64_t now_ms);

/* Tells the board what is kept, where that is due. */
void talk_acknowledge(struct devices *devices, struct device *device);

/* ---- orders.c: commands ---- */

/* Tells what has ended, and puts by what is to be sent. */
void orders_pump(struct devices *devices, struct device *device, int64_t now_ms);

/* The device was removed: tells that of all. */
void orders_end(struct devices *devices, struct device *device);

/* Nobody is told of them any more. */
void orders_forget(struct device *device);

#endif
