/* SPDX-License-Identifier: MIT
 *
 * A board that was found is from then on looked for by its identity, like one that was
 * added with the URI of its listing. So it keeps its name however it is plugged in again.
 * One that is gone before it has said anything is forgotten.
 */
#include "device/auto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { SERIAL_SHOWN = 6, TAIL_SHOWN = 4 };

/* ---- Names -------------------------------------------------------------- */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "Arduino Uno R3" becomes "arduino-uno-r3"; what stands in parentheses is left out. */
static void write_slug(const char *board, char *out, size_t size)
{
	size_t used = 0;

	for (; *board != '\0' && *board != '(' && used + 1 < size; board++) {
		if (is_plain(*board))
			out[used++] = (char)(*board >= 'A' && *board <= 'Z' ? *board + 32 : *board);
		else if (used > 0 && out[used - 1] != '-')
			out[used++] = '-';
	}
	if (used > 0 && out[used - 1] == '-')
		used--;
	out[used] = '\0';
}

/* The last so many letters and digits of a serial number. */
static void write_end(const char *serial, size_t shown, char *out, size_t size)
{
	const char *begin = serial + strlen(serial);
	size_t used = 0;

	for (; begin > serial && shown > 0; begin--)
		shown -= is_plain(begin[-1]) ? 1 : 0;
	for (; *begin != '\0' && used + 1 < size; begin++)
		if (is_plain(*begin))
			out[used++] = *begin;
	out[used] = '\0';
}

static void describe(const iotkit_port_info *port, struct finding *out)
{
	char slug[64];
	char end[64];

	snprintf(out->uri, sizeof out->uri, "%s", port->uri);
	snprintf(out->kind, sizeof out->kind, "%s", port->board);
	write_slug(port->board, slug, sizeof slug);
	write_end(port->serial_number, SERIAL_SHOWN, end, sizeof end);
	if (*end == '\0' && strrchr(port->path, '/') != NULL)
		snprintf(end, sizeof end, "%s", strrchr(port->path, '/') + 1);
	snprintf(out->name, sizeof out->name, "%s-%s", slug, end);
	write_end(port->serial_number, TAIL_SHOWN, out->tail, sizeof out->tail);
}

/* With the lock held: a name that is free, as "greenhouse", "greenhouse-7151" or
 * "greenhouse-2". There are fewer devices than numbers. */
static void choose_name(const struct devices *devices, const struct finding *finding,
			const char *kit_name, char out[METRIC_NAME_MAX + 1])
{
	char wanted[METRIC_NAME_MAX + 1 - 16];
	size_t size = kit_name != NULL ? strlen(kit_name) : 0;
	bool named = size > 0 && size < sizeof wanted && utf8_valid(kit_name, size);

	snprintf(wanted, sizeof wanted, "%s", named ? kit_name : finding->name);
	snprintf(out, METRIC_NAME_MAX + 1, "%s", wanted);
	if (named && *finding->tail != '\0' && devices_find(devices, out) != NULL)
		snprintf(out, METRIC_NAME_MAX + 1, "%s-%s", wanted, finding->tail);
	for (int i = 2; devices_find(devices, out) != NULL && i <= DEVICES_MAX + 1; i++)
		snprintf(out, METRIC_NAME_MAX + 1, "%s-%d", wanted, i);
}

bool device_settle_name(struct devices *devices, struct device *device, const char *kit_name)
{
	char name[METRIC_NAME_MAX + 1];

	if (!device->provisional)
		return !atomic_load(&device->removed);
	monitor_lock(&devices->monitor);
	bool removed = atomic_load(&device->removed);
	if (!removed) {
		choose_name(devices, &device->finding, kit_name, name);
		strcpy(device->name, name);
		device->provisional = false;
	}
	monitor_unlock(&devices->monitor);
	if (!removed)
		device_tell_online(devices, device);
	return !atomic_load(&device->removed);
}

/* ---- Which are new ------------------------------------------------------ */

static bool is_at(const char *path, const char *port_path)
{
	char *node = realpath(path, NULL);
	bool is = node != NULL && strcmp(node, port_path) == 0;

	free(node);
	return is;
}

/* Whether a device is for this board. One that is open is for that one alone. */
static bool is_for(const struct device *device, const iotkit_port_info *port)
{
	const struct port_settings *settings = &device->settings;

	if (atomic_load(&device->removed))
		return false;
	if (device->port.fd >= 0)
		return strcmp(device->node, port->path) == 0;
	if (settings->kind == PORT_OF_BOARD)
		return port_identity_fits(&settings->identity, port);
	return settings->kind == PORT_AT_PATH && is_at(settings->path, port->path);
}

static bool is_new(const struct devices *devices, struct device *const *list, size_t count,
		   const iotkit_port_info *port)
{
	for (size_t i = 0; i < DISMISSED_MAX; i++)
		if (strcmp(devices->dismissed[i], port->uri) == 0)
			return false;
	for (size_t i = 0; i < count; i++)
		if (is_for(list[i], port))
			return false;
	return true;
}

/* ---- Taking them -------------------------------------------------------- */

static iotkit_status make(struct device *parent, const iotkit_port_info *port, struct device **out)
{
	struct port_settings settings = parent->settings;
	struct port_settings place;
	iotkit_status status = port_uri_parse(port->uri, &place);

	if (status != IOTKIT_OK)
		return status;
	settings.kind = place.kind;
	settings.identity = place.identity;
	memcpy(settings.path, place.path, sizeof settings.path);
	status = device_new(parent->name, &settings, out);
	if (status != IOTKIT_OK)
		return status;
	(*out)->parent = parent;
	(*out)->provisional = true;
	describe(port, &(*out)->finding);
	return IOTKIT_OK;
}

/* A failure is told once. */
static void complain(struct devices *devices, struct device *parent)
{
	struct reason why;

	reason_capture(&why);
	if (strcmp(why.text, parent->last_why.text) == 0)
		return;
	parent->last_why = why;
	lines_log(devices, parent, why.status, why.text);
}

static bool take(struct devices *devices, struct device *parent, const iotkit_port_info *port)
{
	char text[2 * ERROR_TEXT_SIZE];
	struct device *device = NULL;
	iotkit_status status = make(parent, port, &device);

	if (status != IOTKIT_OK) {
		complain(devices, parent);
		return false;
	}
	snprintf(text, sizeof text,
		 "found %s at %s (%s); its first line tells its name, or else it is %s",
		 device->finding.kind, port->path, port->uri, device->finding.name);
	monitor_lock(&devices->monitor);
	if (atomic_load(&parent->removed)) /* its devices have been marked already */
		status = IOTKIT_ESTATE;
	else
		status = devices_append(devices, device);
	monitor_unlock(&devices->monitor);
	if (status == IOTKIT_OK) {
		lines_log(devices, parent, IOTKIT_OK, text);
		return true;
	}
	device_free(device);
	if (status != IOTKIT_ESTATE)
		complain(devices, parent);
	return false;
}

/* ---- Forgetting --------------------------------------------------------- */

void auto_dismiss(struct devices *devices, const struct device *device)
{
	if (device->provisional || atomic_load(&device->parent->removed))
		return;
	size_t next = devices->dismissed_next++ % DISMISSED_MAX;
	snprintf(devices->dismissed[next], sizeof devices->dismissed[next], "%s",
		 device->finding.uri);
}

static void forget_unplugged(struct devices *devices)
{
	const struct port_census *census = &devices->census;

	for (size_t i = 0; i < DISMISSED_MAX; i++) {
		bool there = false;
		for (size_t j = 0; j < census->count; j++)
			there = there || strcmp(devices->dismissed[i], census->ports[j].uri) == 0;
		if (!there)
			devices->dismissed[i][0] = '\0';
	}
}

/* Lets go of devices that are gone and never had a name. */
static void drop_nameless(struct devices *devices, struct device *const *list, size_t count)
{
	const struct port_census *census = &devices->census;

	for (size_t i = 0; i < count; i++) {
		struct device *device = list[i];
		if (!device->provisional || device->port.fd >= 0)
			continue;
		bool there = false;
		for (size_t j = 0; j < census->count; j++)
			there = there || is_for(device, &census->ports[j]);
		if (there)
			continue;
		monitor_lock(&devices->monitor);
		device->orphan = true;
		atomic_store(&device->removed, true);
		monitor_unlock(&devices->monitor);
	}
}

static bool look_for(struct devices *devices, struct device *parent, struct device *const *list,
		     size_t count)
{
	const struct port_census *census = &devices->census;
	bool any = false;

	for (size_t i = 0; i < census->count && !atomic_load(&parent->removed); i++) {
		const iotkit_port_info *port = &census->ports[i];
		if (*port->board != '\0' && is_new(devices, list, count, port))
			any = take(devices, parent, port) || any;
	}
	if (!parent->told && !any)
		lines_log(devices, parent, IOTKIT_OK,
			  "no board that is known by its USB ids is free; waiting for one; "
			  "iotkit-ports shows those there are");
	parent->told = true;
	return any;
}

bool auto_look(struct devices *devices, struct device *const *list, size_t count, int64_t now_ms)
{
	for (size_t i = 0; i < count; i++) {
		struct device *device = list[i];
		if (device->settings.kind != PORT_OF_ANY_BOARD || now_ms < device->retry_ms ||
		    atomic_load(&device->removed))
			continue;
		device->retry_ms =
			now_ms + (now_ms < devices->eager_until_ms ? DEVICE_EAGER_RETRY_MS
								   : DEVICE_RETRY_MS);
		if (port_census_look(&devices->census, now_ms) != IOTKIT_OK) {
			complain(devices, device);
			continue;
		}
		forget_unplugged(devices);
		drop_nameless(devices, list, count);
		if (look_for(devices, device, list, count))
			return true;
	}
	return false;
}
