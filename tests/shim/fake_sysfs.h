/* SPDX-License-Identifier: MIT
 *
 * A folder that looks like /sys to whoever runs under the shim.
 */
#ifndef TESTS_FAKE_SYSFS_H
#define TESTS_FAKE_SYSFS_H

#include "pty.h"

/* Makes an empty one and sets TTY_SHIM_SYSFS to it; removes it again. Each fails
 * the test when it cannot be done. */
void fake_sysfs_make(void);
void fake_sysfs_remove(void);

/* The port /dev/NAME is that of a USB device with these ids; name is as "ttyACM0"
 * or "pts/3", the texts may be NULL. */
void fake_sysfs_add_usb(const char *name, const char *vid, const char *pid, const char *product,
			const char *serial);

/* A board in the socket 1-SOCKET of the USB controller 0000:00:14.0, as "1.2"; what is
 * opened as /dev/NAME is the pty. */
struct fake_board {
	const char *name; /* "ttyACM0" */
	const char *socket;
	const char *ids; /* "2341:0043" */
	const char *product; /* this and the next may be NULL */
	const char *serial;
	const struct pty *pty;
};
void fake_sysfs_plug(const struct fake_board *board);
void fake_sysfs_unplug(const struct fake_board *board);

/* The terminal /dev/NAME hangs on this device, as "virtual/tty". */
void fake_sysfs_add(const char *name, const char *device);

#endif
