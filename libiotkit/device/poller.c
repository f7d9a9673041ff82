/* SPDX-License-Identifier: MIT
 *
 * The thread that waits for all ports at once.
 */
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "device/internal.h"

/* What one turn looks at. */
struct turn {
	struct device *devices[DEVICES_MAX];
	size_t count;
	struct device *open[DEVICES_MAX]; /* those whose port is */
	struct pollfd fds[DEVICES_MAX + 1]; /* theirs, and the wake-up's */
	size_t open_count;
};

/* Takes retired devices out of the list, and wakes who waits for it. From then on
 * they are not the poller's any more. */
static void release_retired(struct devices *devices)
{
	size_t kept = 0;

	monitor_lock(&devices->monitor);
	for (size_t i = 0; i < devices->count; i++) {
		struct device *device = devices->list[i];
		if (!device->retired) {
			devices->list[kept++] = device;
			continue;
		}
		device->released = true;
		if (device->orphan)
			free(device);
	}
	devices->count = kept;
	monitor_notify(&devices->monitor);
	monitor_unlock(&devices->monitor);
}

/* Lets go of devices that were removed since the last turn. */
static void retire_removed(struct devices *devices, const struct turn *turn)
{
	bool any = false;

	for (size_t i = 0; i < turn->count; i++) {
		if (!atomic_load(&turn->devices[i]->removed))
			continue;
		device_retire(devices, turn->devices[i]);
		any = true;
	}
	if (any)
		release_retired(devices);
}

/* Copies the list; false when it is time to end. */
static bool copy_list(struct devices *devices, struct turn *turn)
{
	monitor_lock(&devices->monitor);
	bool go_on = !devices->closing;
	turn->count = devices->count;
	for (size_t i = 0; i < turn->count; i++)
		turn->devices[i] = devices->list[i];
	monitor_unlock(&devices->monitor);
	return go_on;
}

static void try_closed(struct devices *devices, const struct turn *turn)
{
	for (size_t i = 0; i < turn->count; i++) {
		struct device *device = turn->devices[i];
		int64_t now = clock_monotonic_ms();
		if (device->port.fd < 0 && now >= device->retry_ms &&
		    !atomic_load(&device->removed))
			device_try(devices, device, now);
	}
}

static void wait_for_any(struct devices *devices, struct turn *turn)
{
	int64_t deadline = CLOCK_NEVER;
	size_t count = 0;

	for (size_t i = 0; i < turn->count; i++) {
		struct device *device = turn->devices[i];
		if (device->port.fd >= 0) {
			turn->fds[count].fd = device->port.fd;
			turn->fds[count].events =
				lines_want_write(device) ? POLLIN | POLLOUT : POLLIN;
			turn->open[count++] = device;
		} else if (device->retry_ms < deadline) {
			deadline = device->retry_ms;
		}
		if (lines_due(device) < deadline)
			deadline = lines_due(device);
	}
	turn->open_count = count;
	turn->fds[count] = (struct pollfd){.fd = devices->wake.read_fd, .events = POLLIN};
	if (poll(turn->fds, count + 1, clock_poll_timeout(deadline)) <= 0)
		turn->open_count = 0; /* only time has passed */
	else if (turn->fds[count].revents != 0)
		wake_clear(&devices->wake);
}

static void serve_ready(struct devices *devices, const struct turn *turn)
{
	for (size_t i = 0; i < turn->open_count; i++) {
		struct device *device = turn->open[i];
		short ready = turn->fds[i].revents;
		if ((ready & POLLOUT) != 0 && !atomic_load(&device->removed))
			lines_write(devices, device);
		if ((ready & ~POLLOUT) != 0 && !atomic_load(&device->removed))
			device_read(devices, device);
	}
}

static void tick(struct devices *devices, const struct turn *turn)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < turn->count; i++)
		if (!atomic_load(&turn->devices[i]->removed))
			lines_tick(devices, turn->devices[i], now);
}

void *device_poll(void *context)
{
	struct devices *devices = context;
	struct turn turn;

	while (copy_list(devices, &turn)) {
		try_closed(devices, &turn);
		wait_for_any(devices, &turn);
		serve_ready(devices, &turn);
		tick(devices, &turn);
		retire_removed(devices, &turn);
	}
	return NULL;
}
