/* SPDX-License-Identifier: MIT
 *
 * What opening a port does to the board behind it: most restart when DTR rises. Until the
 * sketch runs, a bootloader may talk, at a rate of its own.
 */
#ifndef IOTKIT_DEVICE_PORT_RESET_H
#define IOTKIT_DEVICE_PORT_RESET_H

#include <stdbool.h>
#include <stdint.h>

#include "device/device.h"

enum {
	PORT_RESET_MS = 100, /* how long DTR is low */
	PORT_BOOT_MS = 2000 /* from a reset to the sketch's first line, at most */
};

/* All zero: nothing is under way, and nothing is excused. */
struct port_reset {
	int step; /* of the pulse; 0: there is none */
	bool rts; /* is RTS ours to move? */
	int64_t due_ms; /* of the next step */
	int64_t boot_until_ms;
};

/* The port was opened. Does nothing where there are no modem lines, as on a pty. */
void port_reset_start(struct port_reset *reset, int fd, enum device_reset mode, bool rts,
		      int64_t now_ms);

/* While the board is held in reset, what comes was sent before. */
bool port_reset_pulsing(const struct port_reset *reset);

/* When port_reset_step() is to be called. */
int64_t port_reset_due(const struct port_reset *reset);

/* Moves the lines when it is time; true when the board has just been let go. */
bool port_reset_step(struct port_reset *reset, int fd, int64_t now_ms);

/* Is a bad line to be excused, since the board may be booting? */
bool port_reset_booting(const struct port_reset *reset, int64_t now_ms);

#endif
