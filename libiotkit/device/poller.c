/* SPDX-License-Identifier: MIT
 *
 * The thread that waits for all ports at once.
 */
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "device/auto.h"
#include "device/internal.h"

/* What one turn looks at. */
struct turn {
	struct device *devices[DEVICES_MAX];
	size_t count;
	struct device *open[DEVICES_MAX]; /* those whose port is, or that are connecting */
	struct pollfd fds[DEVICES_MAX + 2]; /* theirs, the wake-up's and udev's */
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
			device_free(device);
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

/* Whether it has neither a port nor one under way. */
static bool is_closed(const struct device *device)
{
	return device->port.fd < 0 && device->dial == NULL &&
	       device->settings.kind != PORT_OF_ANY_BOARD;
}

static void try_closed(struct devices *devices, const struct turn *turn)
{
	for (size_t i = 0; i < turn->count; i++) {
		struct device *device = turn->devices[i];
		if (!is_closed(device) || atomic_load(&device->removed))
			continue;
		int64_t now = clock_monotonic_ms();
		if (now >= device->retry_ms)
			device_try(devices, device, now);
	}
}

/* A port that rests is not read, but that it is gone is told by poll() all the same. */
static struct pollfd port_wait(const struct device *device, int64_t now_ms)
{
	struct pollfd look = {.fd = device->port.fd};

	if (now_ms >= device->rest.until_ms)
		look.events |= POLLIN;
	if (opening_may_write(device) && lines_want_write(device))
		look.events |= POLLOUT;
	return look;
}

/* Sets what is waited for of a device, and until when. */
static void wait_for(const struct device *device, struct turn *turn, int64_t now_ms,
		     int64_t *deadline)
{
	int64_t due = lines_due(device);

	if (opening_due(device) < due)
		due = opening_due(device);
	if (device->rest.until_ms > now_ms && device->rest.until_ms < due)
		due = device->rest.until_ms;
	if (due < *deadline)
		*deadline = due;
	if (device->port.fd >= 0) {
		turn->fds[turn->open_count++] = port_wait(device, now_ms);
		return;
	}
	due = device->retry_ms;
	if (device->dial != NULL) {
		turn->fds[turn->open_count++] = port_dial_wait(device->dial);
		due = port_dial_due(device->dial);
	}
	if (due < *deadline)
		*deadline = due;
}

/* A port came or went: all that are closed are tried at once, and again and again while
 * the system sets the port up. */
static void hurry(struct devices *devices, const struct turn *turn)
{
	if (!watch_take(&devices->watch))
		return;
	port_census_forget(&devices->census);
	devices->eager_until_ms = clock_monotonic_ms() + DEVICE_EAGER_MS;
	for (size_t i = 0; i < turn->count; i++)
		if (turn->devices[i]->settings.kind != PORT_OVER_TCP)
			turn->devices[i]->retry_ms = 0;
}

static void wait_for_any(struct devices *devices, struct turn *turn)
{
	int64_t deadline = CLOCK_NEVER;
	int64_t now = clock_monotonic_ms();

	turn->open_count = 0;
	for (size_t i = 0; i < turn->count; i++) {
		turn->open[turn->open_count] = turn->devices[i];
		wait_for(turn->devices[i], turn, now, &deadline);
	}
	struct pollfd *others = turn->fds + turn->open_count;
	others[0] = (struct pollfd){.fd = devices->wake.read_fd, .events = POLLIN};
	others[1] = (struct pollfd){.fd = devices->watch.fd, .events = POLLIN};
	if (poll(turn->fds, turn->open_count + 2, clock_poll_timeout(deadline)) <= 0) {
		turn->open_count = 0; /* only time has passed */
		return;
	}
	if (others[0].revents != 0)
		wake_clear(&devices->wake);
	if (others[1].revents != 0)
		hurry(devices, turn);
}

static void serve_ready(struct devices *devices, const struct turn *turn)
{
	for (size_t i = 0; i < turn->open_count; i++) {
		struct device *device = turn->open[i];
		short ready = turn->fds[i].revents;
		if (device->dial != NULL)
			continue;
		if ((ready & POLLOUT) != 0 && !atomic_load(&device->removed))
			lines_write(devices, device);
		if ((ready & ~POLLOUT) != 0 && !atomic_load(&device->removed))
			device_read(devices, device);
	}
}

static void dial_on(struct devices *devices, const struct turn *turn)
{
	for (size_t i = 0; i < turn->count; i++) {
		struct device *device = turn->devices[i];
		if (device->dial != NULL && !atomic_load(&device->removed))
			device_dial(devices, device, clock_monotonic_ms());
	}
}

static void tick(struct devices *devices, const struct turn *turn)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < turn->count; i++) {
		struct device *device = turn->devices[i];
		if (!atomic_load(&device->removed))
			opening_tick(devices, device, now);
		if (!atomic_load(&device->removed))
			lines_tick(devices, device, now);
	}
}

void *device_poll(void *context)
{
	struct devices *devices = context;
	struct turn turn;

	watch_open(&devices->watch);
	while (copy_list(devices, &turn)) {
		if (auto_look(devices, turn.devices, turn.count, clock_monotonic_ms()))
			continue; /* the list has grown */
		try_closed(devices, &turn);
		wait_for_any(devices, &turn);
		serve_ready(devices, &turn);
		dial_on(devices, &turn);
		tick(devices, &turn);
		retire_removed(devices, &turn);
	}
	watch_close(&devices->watch);
	return NULL;
}
