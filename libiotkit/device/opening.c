/* SPDX-License-Identifier: MIT
 *
 * What goes between an open port and its lines: the board is reset, and when nothing but
 * noise comes, the rate it talks at is searched.
 */
#include "base/clock.h"
#include "device/internal.h"

static enum device_reset reset_mode(struct devices *devices, const struct device *device)
{
	int given = device->settings.reset_on_open;

	if (given >= 0)
		return (enum device_reset)given;
	monitor_lock(&devices->monitor);
	enum device_reset mode = devices->defaults.reset_on_open;
	monitor_unlock(&devices->monitor);
	return mode;
}

void opening_begin(struct devices *devices, struct device *device, int64_t now_ms)
{
	device->opened_ms = now_ms;
	port_reset_start(&device->reset, device->port.fd, reset_mode(devices, device),
			 device->settings.flow != PORT_FLOW_RTSCTS, now_ms);
	device->speed = (struct port_speed){.phase = PORT_SPEED_OFF};
	if (port_has_speed(&device->port))
		port_speed_start(&device->speed, device->settings.baud);
}

bool opening_take(struct device *device, const char *bytes, size_t size)
{
	if (port_reset_pulsing(&device->reset))
		return false;
	/* What a bootloader says at its own rate does not tell of the sketch's. */
	if (!port_reset_booting(&device->reset, device->read_ms))
		port_speed_take(&device->speed, bytes, size, device->read_ms);
	return !port_speed_searching(&device->speed);
}

bool opening_may_write(const struct device *device)
{
	return !port_reset_pulsing(&device->reset) && !port_speed_searching(&device->speed);
}

int64_t opening_due(const struct device *device)
{
	int64_t reset = port_reset_due(&device->reset);
	int64_t speed = port_speed_due(&device->speed);

	if (device->port.fd < 0)
		return CLOCK_NEVER;
	return reset < speed ? reset : speed;
}

/* What came so far was sent before the reset, or at another rate. */
static void forget_input(struct device *device, int64_t now_ms)
{
	port_discard(&device->port);
	line_start(&device->splitter, now_ms);
}

static void tell_rate(struct devices *devices, struct device *device)
{
	const char *path = device->settings.path;
	int baud = device->settings.baud;
	int fit = device->speed.fit;
	struct reason what;

	if (fit != 0)
		reason_set(&what, IOTKIT_EFORMAT,
			   "%s sends noise at %d baud; the board most likely talks at %d baud: "
			   "write baud=%d, or use Serial.begin(%d) in the sketch",
			   path, baud, fit, fit, baud);
	else
		reason_set(&what, IOTKIT_EFORMAT,
			   "%s sends noise at %d baud, and no text at any other usual rate either; "
			   "check GND and RX, parity and data_bits, and that the sketch ends its "
			   "lines by println()",
			   path, baud);
	lines_log(devices, device, what.status, what.text);
}

static void set_rate(struct devices *devices, struct device *device, int64_t now_ms)
{
	struct port_speed *speed = &device->speed;

	if (port_set_baud(&device->port, &device->settings, speed->rate) == IOTKIT_OK)
		forget_input(device, now_ms);
	else if (port_speed_searching(speed))
		port_speed_refused(speed);
	else
		lines_log(devices, device, IOTKIT_ESYSTEM, error_last());
}

void opening_tick(struct devices *devices, struct device *device, int64_t now_ms)
{
	enum port_speed_step step = PORT_SPEED_STAY;

	if (device->port.fd < 0)
		return;
	if (port_reset_step(&device->reset, device->port.fd, now_ms))
		forget_input(device, now_ms);
	do {
		step = port_speed_step(&device->speed, now_ms);
		if (step == PORT_SPEED_SET)
			set_rate(devices, device, now_ms);
		else if (step == PORT_SPEED_TELL)
			tell_rate(devices, device);
	} while (step != PORT_SPEED_STAY);
}
