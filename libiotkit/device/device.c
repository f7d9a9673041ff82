/* SPDX-License-Identifier: MIT
 *
 * One board: its port's comings and goings.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/auto.h"
#include "device/internal.h"
#include "device/port_explain.h"

/* ---- Telling ------------------------------------------------------------ */

static void tell_offline(struct devices *devices, struct device *device, iotkit_status status,
			 const char *text)
{
	device->told = true;
	reason_set(&device->told_why, status, "%s", text);
	device->last_why = device->told_why;
	/* One without a name of its own was not told as online, and a silent one as offline. */
	if (device->provisional || device->lines.silent)
		lines_log(devices, device, status, text);
	else
		devices->sink.state(devices->sink.context, device->name, false, status, text);
}

enum { PLACE_SIZE = PORT_PATH_MAX + PORT_IDENTITY_TEXT_SIZE + 8 };

/* "/dev/ttyACM0", or "usb=2341:0043 at /dev/ttyACM0". */
static const char *name_place(const struct device *device, char text[PLACE_SIZE])
{
	const struct port_settings *settings = &device->settings;

	if (settings->kind == PORT_OF_BOARD)
		snprintf(text, PLACE_SIZE, "%s at %s", settings->identity.text, settings->path);
	else
		snprintf(text, PLACE_SIZE, "%s", settings->path);
	return text;
}

void device_tell_online(struct devices *devices, struct device *device)
{
	char place[PLACE_SIZE];
	char text[PLACE_SIZE + 64];

	if (device->provisional)
		return;
	device->told = true;
	name_place(device, place);
	if (device->settings.kind == PORT_OVER_TCP)
		snprintf(text, sizeof text, "%s is connected", place);
	else
		snprintf(text, sizeof text, "%s is open at %d baud, %s", place,
			 device->settings.baud, port_driver(&device->port));
	devices->sink.state(devices->sink.context, device->name, true, IOTKIT_OK, text);
}

/* ---- The port ----------------------------------------------------------- */

/* An attempt failed. Offline is told once; that there is another reason by now is
 * worth a log, if it lasts: while the system sets a new port up, it is refused for
 * a moment. That a lost port is not there needs no words. */
static void note_failure(struct devices *devices, struct device *device, const struct reason *why)
{
	bool lasts = strcmp(why->text, device->last_why.text) == 0;

	if (!device->told) {
		tell_offline(devices, device, why->status, why->text);
		return;
	}
	device->last_why = *why;
	if (!lasts || why->status == IOTKIT_ENOENT || strcmp(why->text, device->told_why.text) == 0)
		return;
	device->told_why = *why;
	lines_log(devices, device, why->status, why->text);
}

/* Another attempt follows this one, which failed with this thread's last error. */
static void fail_attempt(struct devices *devices, struct device *device, int64_t now_ms)
{
	struct reason why;

	reason_capture(&why);
	if (device->settings.kind == PORT_OVER_TCP)
		device->retry_ms = now_ms + DEVICE_REDIAL_MS;
	else if (why.status == IOTKIT_EBUSY)
		device->retry_ms = now_ms + DEVICE_BUSY_RETRY_MS;
	else if (now_ms < devices->eager_until_ms)
		device->retry_ms = now_ms + DEVICE_EAGER_RETRY_MS;
	else
		device->retry_ms = now_ms + DEVICE_RETRY_MS;
	note_failure(devices, device, &why);
}

static void begin(struct devices *devices, struct device *device)
{
	char *node = realpath(device->settings.path, NULL);

	snprintf(device->node, sizeof device->node, "%s", node != NULL ? node : "");
	free(node);
	opening_begin(devices, device, clock_monotonic_ms());
	device_tell_online(devices, device);
	lines_opened(devices, device);
}

/* Whether another device has this port open. */
static bool is_open(const void *context, const char *path)
{
	const struct devices *devices = context;

	for (size_t i = 0; i < devices->count; i++)
		if (devices->list[i]->port.fd >= 0 && strcmp(devices->list[i]->node, path) == 0)
			return true;
	return false;
}

/* Finds where the board is now. */
static iotkit_status find_port(struct devices *devices, struct device *device, int64_t now_ms)
{
	const struct port_taken taken = {.is = is_open, .context = devices};

	if (!device->told) /* what is told first is to be true now */
		port_census_forget(&devices->census);
	iotkit_status status = port_census_look(&devices->census, now_ms);

	if (status != IOTKIT_OK)
		return status;
	monitor_lock(&devices->monitor);
	status = port_find(&devices->census, &device->settings.identity, &taken,
			   device->settings.path, sizeof device->settings.path);
	monitor_unlock(&devices->monitor);
	return status;
}

/* Between finding and opening, another board may have got this name. */
static iotkit_status open_found(struct device *device)
{
	const struct port_settings *settings = &device->settings;
	iotkit_status status = port_open(settings, &device->port);

	if (status != IOTKIT_OK || port_is_of(settings->path, &settings->identity))
		return status;
	port_close(&device->port);
	return error_set(IOTKIT_ENOENT, "the board %s is not at %s any more; waiting for it",
			 settings->identity.text, settings->path);
}

void device_try(struct devices *devices, struct device *device, int64_t now_ms)
{
	iotkit_status status;

	if (device->settings.kind == PORT_OF_BOARD) {
		status = find_port(devices, device, now_ms);
		if (status == IOTKIT_OK)
			status = open_found(device);
	} else if (device->settings.kind == PORT_OVER_TCP) {
		status = port_dial_start(&device->settings, now_ms, &device->dial);
	} else {
		status = port_open(&device->settings, &device->port);
	}
	if (status != IOTKIT_OK)
		fail_attempt(devices, device, now_ms);
	else if (device->port.fd >= 0)
		begin(devices, device);
}

void device_dial(struct devices *devices, struct device *device, int64_t now_ms)
{
	iotkit_status status = port_dial_step(device->dial, now_ms, &device->port.fd);

	if (status == IOTKIT_OK && device->port.fd < 0)
		return;
	port_dial_end(device->dial);
	device->dial = NULL;
	if (status != IOTKIT_OK)
		fail_attempt(devices, device, now_ms);
	else
		begin(devices, device);
}

static void lose_port(struct devices *devices, struct device *device, int why)
{
	char place[PLACE_SIZE];
	struct reason reason;
	int64_t now = clock_monotonic_ms();

	lines_closed(devices, device);
	port_close(&device->port);
	name_place(device, place);
	device->retry_ms = now + DEVICE_RETRY_MS;
	if (device->settings.kind != PORT_OVER_TCP)
		port_explain_gone(place, now - device->opened_ms, &reason);
	else
		reason_set(&reason, IOTKIT_ENETWORK,
			   "%s is gone: %s; it has lost power or its network, or serves another "
			   "now; waiting for it",
			   place, why != 0 ? strerror(why) : "it closed the connection");
	tell_offline(devices, device, reason.status, reason.text);
}

void device_retire(struct devices *devices, struct device *device)
{
	char place[PLACE_SIZE];
	char text[PLACE_SIZE + 64];

	device->retired = true;
	orders_end(devices, device);
	if (device->parent != NULL)
		auto_dismiss(devices, device);
	if (device->port.fd < 0)
		return;
	lines_closed(devices, device);
	port_close(&device->port);
	snprintf(text, sizeof text, "%s is closed: the device was removed",
		 name_place(device, place));
	tell_offline(devices, device, IOTKIT_OK, text);
}

/* ---- Its bytes ---------------------------------------------------------- */

void device_read(struct devices *devices, struct device *device)
{
	char bytes[DEVICE_TURN_BYTES];
	ssize_t got = read(device->port.fd, bytes, sizeof bytes);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lose_port(devices, device, got < 0 ? errno : 0);
		return;
	}
	device->read_ms = clock_monotonic_ms();
	device->read_wall_ms = clock_wall_ms();
	monitor_lock(&devices->monitor);
	devices->counters.bytes += (uint64_t)got;
	monitor_unlock(&devices->monitor);
	if (opening_take(device, bytes, (size_t)got))
		lines_take(devices, device, bytes, (size_t)got);
}
