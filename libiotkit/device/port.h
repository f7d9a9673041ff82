/* SPDX-License-Identifier: MIT
 *
 * An open serial port: through libserialport, or where that refuses, as ptys,
 * through plain termios (tty.h).
 */
#ifndef IOTKIT_DEVICE_PORT_H
#define IOTKIT_DEVICE_PORT_H

#include <stdbool.h>

#include "device/port_uri.h"

struct sp_port;

struct port {
	int fd; /* for poll() and read(), never waiting; -1 when closed */
	struct sp_port *serial; /* NULL of a plain terminal */
};

/* IOTKIT_ENOENT when it is not there, IOTKIT_EBUSY when somebody has it, IOTKIT_ESYSTEM, or
 * IOTKIT_ENOTSUP for a baud rate that cannot be had; the port is left closed then. */
iotkit_status port_open(const struct port_settings *settings, struct port *out);

/* Does nothing to a closed port. */
void port_close(struct port *port);

/* Sets another baud rate than that of the settings, which stay in force otherwise.
 * IOTKIT_ENOTSUP, or IOTKIT_ESYSTEM. */
iotkit_status port_set_baud(const struct port *port, const struct port_settings *settings,
			    int baud);

/* False of what only looks like a port, as a socket. */
bool port_has_speed(const struct port *port);

/* Throws away what has come and was not read yet. */
void port_discard(const struct port *port);

/* How it was opened: "through libserialport" or "as a terminal". */
const char *port_driver(const struct port *port);

/* Fills in all but struct_size for the port at path, as "/dev/ttyACM0".
 * IOTKIT_ENOENT when the system knows no such port, or IOTKIT_ENOMEM. */
iotkit_status port_describe(const char *path, iotkit_port_info *out);

#endif
