/* SPDX-License-Identifier: MIT
 *
 * DTR goes low first, RTS after half the time, and both rise at once. A board with a capacitor at
 * DTR (Uno, Mega, Nano) or at RTS restarts when that rises. One with the two transistors of
 * ESP32 and ESP8266 boards is held in reset while DTR alone is low, and starts its sketch rather
 * than its bootloader since the two never differ the other way round.
 */
#include "device/port_reset.h"

#include <sys/ioctl.h>

#include "base/clock.h"

enum step { IDLE, DTR_LOW, BOTH_LOW };

void port_reset_start(struct port_reset *reset, int fd, enum device_reset mode, bool rts,
		      int64_t now_ms)
{
	int lines = 0;
	int dtr = TIOCM_DTR;

	*reset = (struct port_reset){.rts = rts};
	if (mode == DEVICE_RESET_NEVER || ioctl(fd, TIOCMGET, &lines) != 0)
		return;
	reset->boot_until_ms = now_ms + PORT_BOOT_MS;
	if (mode != DEVICE_RESET_ALWAYS || ioctl(fd, TIOCMBIC, &dtr) != 0)
		return;
	reset->step = DTR_LOW;
	reset->due_ms = now_ms + PORT_RESET_MS / 2;
}

bool port_reset_pulsing(const struct port_reset *reset)
{
	return reset->step != IDLE;
}

int64_t port_reset_due(const struct port_reset *reset)
{
	return port_reset_pulsing(reset) ? reset->due_ms : CLOCK_NEVER;
}

bool port_reset_step(struct port_reset *reset, int fd, int64_t now_ms)
{
	int rts = TIOCM_RTS;
	int both = reset->rts ? TIOCM_DTR | TIOCM_RTS : TIOCM_DTR;

	if (now_ms < port_reset_due(reset))
		return false;
	if (reset->step == DTR_LOW) {
		if (reset->rts)
			ioctl(fd, TIOCMBIC, &rts);
		reset->step = BOTH_LOW;
		reset->due_ms = now_ms + PORT_RESET_MS / 2;
		return false;
	}
	ioctl(fd, TIOCMBIS, &both);
	reset->step = IDLE;
	reset->boot_until_ms = now_ms + PORT_BOOT_MS;
	return true;
}

bool port_reset_booting(const struct port_reset *reset, int64_t now_ms)
{
	return now_ms < reset->boot_until_ms;
}
