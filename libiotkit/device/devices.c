/* SPDX-License-Identifier: MIT
 *
 * All boards of a handle: adding, removing, counting. See internal.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "device/internal.h"

iotkit_status devices_open(const struct device_sink *sink, struct devices **out)
{
	struct devices *devices = calloc(1, sizeof *devices);

	if (devices == NULL)
		return error_set_no_memory();
	devices->sink = *sink;
	iotkit_status status = monitor_init(&devices->monitor);
	if (status != IOTKIT_OK) {
		free(devices);
		return status;
	}
	status = wake_open(&devices->wake);
	if (status != IOTKIT_OK) {
		monitor_destroy(&devices->monitor);
		free(devices);
		return status;
	}
	*out = devices;
	return IOTKIT_OK;
}

void devices_close(struct devices *devices)
{
	if (devices == NULL)
		return;
	monitor_lock(&devices->monitor);
	devices->closing = true;
	bool started = devices->started;
	monitor_unlock(&devices->monitor);
	if (started) {
		wake_signal(&devices->wake);
		pthread_join(devices->thread, NULL);
	}
	for (size_t i = 0; i < devices->count; i++) {
		port_close(&devices->list[i]->port);
		device_free(devices->list[i]);
	}
	port_census_free(&devices->census);
	wake_close(&devices->wake);
	monitor_destroy(&devices->monitor);
	free(devices);
}

static iotkit_status check_name(const char *name)
{
	if (name == NULL || *name == '\0')
		return error_set(IOTKIT_EINVAL, "a device needs a name, as greenhouse");
	if (strlen(name) > METRIC_NAME_MAX)
		return error_set(IOTKIT_EINVAL,
				 "a device's name is longer than %d bytes; shorten it",
				 METRIC_NAME_MAX);
	if (!utf8_valid(name, strlen(name)))
		return error_set(IOTKIT_EINVAL, "a device's name is not UTF-8");
	return IOTKIT_OK;
}

iotkit_status device_new(const char *name, const struct port_settings *settings,
			 struct device **out)
{
	iotkit_status status = check_name(name);

	if (status != IOTKIT_OK)
		return status;
	struct device *device = calloc(1, sizeof *device);
	if (device == NULL)
		return error_set_no_memory();
	strcpy(device->name, name);
	device->settings = *settings;
	device->port.fd = -1;
	atomic_init(&device->removed, false);
	const struct columns *columns = &device->settings.columns;
	parser_start(&device->parser, columns->count > 0 ? columns : NULL);
	*out = device;
	return IOTKIT_OK;
}

void device_free(struct device *device)
{
	port_dial_end(device->dial);
	orders_forget(device);
	free(device);
}

struct device *devices_find(const struct devices *devices, const char *name)
{
	for (size_t i = 0; i < devices->count; i++) {
		struct device *device = devices->list[i];
		if (!atomic_load(&device->removed) && !device->provisional &&
		    strcmp(device->name, name) == 0)
			return device;
	}
	return NULL;
}

iotkit_status devices_append(struct devices *devices, struct device *device)
{
	if (!device->provisional && devices_find(devices, device->name) != NULL)
		return error_set(IOTKIT_EEXIST,
				 "there is a device '%s' already; remove it first, or choose "
				 "another name",
				 device->name);
	if (devices->count == DEVICES_MAX)
		return error_set(IOTKIT_EFULL, "there are %d devices already, the most of a handle",
				 DEVICES_MAX);
	if (!devices->started) {
		iotkit_status status =
			thread_start(&devices->thread, "iotkit-device", device_poll, devices);
		if (status != IOTKIT_OK)
			return status;
		devices->started = true;
	}
	devices->list[devices->count++] = device;
	return IOTKIT_OK;
}

iotkit_status devices_add(struct devices *devices, const char *name, const char *port_uri)
{
	struct port_settings settings;
	struct device *device = NULL;
	iotkit_status status = port_uri_parse(port_uri, &settings);

	if (status == IOTKIT_OK)
		status = device_new(name, &settings, &device);
	if (status != IOTKIT_OK)
		return status;
	monitor_lock(&devices->monitor);
	status = devices_append(devices, device);
	monitor_unlock(&devices->monitor);
	if (status != IOTKIT_OK) {
		device_free(device);
		return status;
	}
	wake_signal(&devices->wake);
	return IOTKIT_OK;
}

/* With the lock held: marks a device and those it made, which nobody waits for. */
static void mark_removed(struct devices *devices, struct device *device)
{
	for (size_t i = 0; i < devices->count; i++) {
		struct device *other = devices->list[i];
		if (other->parent != device || atomic_load(&other->removed))
			continue;
		other->orphan = true;
		atomic_store(&other->removed, true);
	}
	atomic_store(&device->removed, true);
}

/* From within the sink: the poller is this thread, and cannot be waited for. Only it
 * takes devices out of the list, so what is in it now stays. */
static void remove_at_once(struct devices *devices, struct device *device)
{
	size_t count = devices->count;

	device->orphan = true;
	for (size_t i = 0; i < count; i++) {
		struct device *other = devices->list[i];
		bool goes = other == device || other->parent == device;
		monitor_unlock(&devices->monitor);
		if (goes && !other->retired)
			device_retire(devices, other);
		monitor_lock(&devices->monitor);
	}
	monitor_unlock(&devices->monitor);
	wake_signal(&devices->wake);
}

static void wait_and_free(struct devices *devices, struct device *device)
{
	wake_signal(&devices->wake);
	while (!device->released)
		monitor_wait(&devices->monitor, CLOCK_NEVER);
	monitor_unlock(&devices->monitor);
	device_free(device);
}

iotkit_status devices_remove(struct devices *devices, const char *name)
{
	if (name == NULL)
		return error_set(IOTKIT_EINVAL, "a device needs a name, as greenhouse");
	monitor_lock(&devices->monitor);
	struct device *device = devices_find(devices, name);
	if (device == NULL) {
		monitor_unlock(&devices->monitor);
		return error_set(IOTKIT_ENOENT, "there is no device '%s'", name);
	}
	mark_removed(devices, device);
	if (pthread_equal(pthread_self(), devices->thread))
		remove_at_once(devices, device);
	else
		wait_and_free(devices, device);
	return IOTKIT_OK;
}

void devices_count(struct devices *devices, struct device_counters *out)
{
	monitor_lock(&devices->monitor);
	*out = devices->counters;
	monitor_unlock(&devices->monitor);
}

void devices_set_defaults(struct devices *devices, const struct device_defaults *defaults)
{
	monitor_lock(&devices->monitor);
	devices->defaults = *defaults;
	monitor_unlock(&devices->monitor);
}
