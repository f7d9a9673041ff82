/* SPDX-License-Identifier: MIT
 *
 * Which board is meant, whatever its port is called today:
 * "usb=2341:0043,serial=75735303930351307151" or "by-path=pci-0000:00:14.0-usb-0:2:1.0".
 */
#ifndef IOTKIT_DEVICE_PORT_IDENTITY_H
#define IOTKIT_DEVICE_PORT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "iotkit.h"

enum { PORT_IDENTITY_PART_MAX = 127, PORT_IDENTITY_TEXT_SIZE = 320 };

/* What is not given fits any board. */
struct port_identity {
	bool has_ids;
	int vid;
	int pid;
	char serial[PORT_IDENTITY_PART_MAX + 1];
	char by_path[PORT_IDENTITY_PART_MAX + 1]; /* as of /dev/serial/by-path/ */
	char text[PORT_IDENTITY_TEXT_SIZE]; /* all of it, for a person */
};

/* Whether a URI's place begins as an identity does. */
bool port_identity_begins(const char *text);

/* Takes one more part; key and value are decoded. IOTKIT_EINVAL with a sentence. */
iotkit_status port_identity_set(struct port_identity *identity, const char *key, const char *value);

bool port_identity_fits(const struct port_identity *identity, const iotkit_port_info *port);

/* Writes the URI of a port's very board to port->uri: by its serial number, where it has
 * one and by_socket is false; by the socket it is plugged into; or else by its path. */
void port_identity_uri(iotkit_port_info *port, bool by_socket);

#endif
