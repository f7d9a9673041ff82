/* SPDX-License-Identifier: MIT
 *
 * The only file that knows libudev. The events are those that udev sends when it is done
 * with a port, links and permissions included.
 */
#include "device/watch.h"

#ifdef IOTKIT_HAVE_UDEV
#include <libudev.h>
#include <stddef.h>

enum { TAKEN_AT_ONCE = 64 };

void watch_open(struct watch *watch)
{
	*watch = (struct watch){.fd = -1};
	watch->udev = udev_new();
	if (watch->udev == NULL)
		return;
	watch->monitor = udev_monitor_new_from_netlink(watch->udev, "udev");
	if (watch->monitor == NULL)
		return;
	if (udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "tty", NULL) >= 0 &&
	    udev_monitor_enable_receiving(watch->monitor) >= 0)
		watch->fd = udev_monitor_get_fd(watch->monitor);
}

void watch_close(struct watch *watch)
{
	udev_monitor_unref(watch->monitor);
	udev_unref(watch->udev);
	*watch = (struct watch){.fd = -1};
}

bool watch_take(struct watch *watch)
{
	bool any = false;

	for (int i = 0; i < TAKEN_AT_ONCE; i++) {
		struct udev_device *device = udev_monitor_receive_device(watch->monitor);
		if (device == NULL)
			break;
		udev_device_unref(device);
		any = true;
	}
	return any;
}

#else

void watch_open(struct watch *watch)
{
	*watch = (struct watch){.fd = -1};
}

void watch_close(struct watch *watch)
{
	(void)watch;
}

bool watch_take(struct watch *watch)
{
	(void)watch;
	return false;
}

#endif
