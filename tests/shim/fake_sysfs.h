/* SPDX-License-Identifier: MIT
 *
 * A folder that looks like /sys to whoever runs under the shim.
 */
#ifndef TESTS_FAKE_SYSFS_H
#define TESTS_FAKE_SYSFS_H

/* Makes an empty one and sets TTY_SHIM_SYSFS to it; removes it again. Each fails
 * the test when it cannot be done. */
void fake_sysfs_make(void);
void fake_sysfs_remove(void);

/* The port /dev/NAME is that of a USB device with these ids; name is as "ttyACM0"
 * or "pts/3", the texts may be NULL. */
void fake_sysfs_add_usb(const char *name, const char *vid, const char *pid, const char *product,
			const char *serial);

/* The terminal /dev/NAME hangs on this device, as "virtual/tty". */
void fake_sysfs_add(const char *name, const char *device);

#endif
