/* SPDX-License-Identifier: MIT
 *
 * Boards, as the application sees them.
 */
#include <string.h>

#include "api/commands.h"
#include "base/clock.h"
#include "base/error.h"

/* A device that stands for many, each of which is told of when it is found. */
static const char auto_uri[] = "serial:auto";

static iotkit_status check(const iotkit *iot, const char *name)
{
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK && name == NULL)
		status = error_set(IOTKIT_EINVAL, "the device's name is NULL");
	return status;
}

iotkit_status iotkit_add_device(iotkit *iot, const char *name, const char *port_uri)
{
	iotkit_status status = check(iot, name);

	if (status == IOTKIT_OK && port_uri == NULL)
		status = error_set(IOTKIT_EINVAL,
				   "the device '%.64s' needs a port, as in 'serial:/dev/ttyACM0'",
				   name);
	if (status == IOTKIT_OK)
		status = devices_add(iot->devices, name, port_uri);
	/* Before its state is told: a command for it may be at the broker already. */
	if (status == IOTKIT_OK && strncmp(port_uri, auto_uri, sizeof auto_uri - 1) != 0)
		commands_know(iot, name);
	return status;
}

iotkit_status iotkit_remove_device(iotkit *iot, const char *name)
{
	iotkit_status status = check(iot, name);

	if (status == IOTKIT_OK)
		status = devices_remove(iot->devices, name);
	if (status != IOTKIT_OK)
		return status;
	packs_flush(iot, CLOCK_NEVER); /* its last pack goes before its "offline" */
	status_forget(iot, name);
	commands_forget(iot, name);
	return IOTKIT_OK;
}

iotkit_status iotkit_list_ports(iotkit_port_info *ports, size_t capacity, size_t *count_out)
{
	if (count_out == NULL || (ports == NULL && capacity > 0))
		return error_set(
			IOTKIT_EINVAL,
			"iotkit_list_ports() needs a place for the count and for the ports");
	return device_list_ports(ports, capacity, count_out);
}
