/* SPDX-License-Identifier: MIT
 *
 * Hearing from udev that a port came or went. Where there is no udev, or the library was
 * built without, nothing is ever heard.
 */
#ifndef IOTKIT_DEVICE_WATCH_H
#define IOTKIT_DEVICE_WATCH_H

#include <stdbool.h>

struct udev;
struct udev_monitor;

struct watch {
	struct udev *udev;
	struct udev_monitor *monitor;
	int fd; /* to be polled for reading; -1 where nothing can be heard */
};

void watch_open(struct watch *watch);
void watch_close(struct watch *watch);

/* Takes what has been heard; whether any of it was of a serial port. */
bool watch_take(struct watch *watch);

#endif
