/* SPDX-License-Identifier: MIT
 *
 * One board: its port's comings and goings.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/internal.h"

/* ---- Telling ------------------------------------------------------------ */

static void tell_offline(struct devices *devices, struct device *device, iotkit_status status,
			 const char *text)
{
	device->told = true;
	reason_set(&device->told_why, status, "%s", text);
	device->last_why = device->told_why;
	devices->sink.state(devices->sink.context, device->name, false, status, text);
}

static void tell_online(struct devices *devices, struct device *device)
{
	char text[PORT_PATH_MAX + 64];

	device->told = true;
	snprintf(text, sizeof text, "%s is open at %d baud, %s", device->settings.path,
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

void device_try(struct devices *devices, struct device *device, int64_t now_ms)
{
	iotkit_status status = port_open(&device->settings, &device->port);
	struct reason why;

	if (status != IOTKIT_OK) {
		device->retry_ms = now_ms + DEVICE_RETRY_MS;
		reason_capture(&why);
		note_failure(devices, device, &why);
		return;
	}
	tell_online(devices, device);
	lines_opened(devices, device);
}

static void lose_port(struct devices *devices, struct device *device)
{
	struct reason why;

	lines_closed(devices, device);
	port_close(&device->port);
	device->retry_ms = clock_monotonic_ms() + DEVICE_RETRY_MS;
	reason_set(&why, IOTKIT_ESYSTEM,
		   "%s is gone: the cable was pulled, or the board has lost power or been reset; "
		   "waiting for it",
		   device->settings.path);
	tell_offline(devices, device, why.status, why.text);
}

void device_retire(struct devices *devices, struct device *device)
{
	char text[PORT_PATH_MAX + 64];

	device->retired = true;
	if (device->port.fd < 0)
		return;
	lines_closed(devices, device);
	port_close(&device->port);
	snprintf(text, sizeof text, "%s is closed: the device was removed", device->settings.path);
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
		lose_port(devices, device);
		return;
	}
	device->read_ms = clock_monotonic_ms();
	device->read_wall_ms = clock_wall_ms();
	monitor_lock(&devices->monitor);
	devices->counters.bytes += (uint64_t)got;
	monitor_unlock(&devices->monitor);
	lines_take(devices, device, bytes, (size_t)got);
}
