/* SPDX-License-Identifier: MIT
 *
 * Whether the first bytes that a server sends are those of an MQTT broker.
 */
#ifndef IOTKIT_LINK_GREETING_H
#define IOTKIT_LINK_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"

struct greeting {
	const char *host;
	uint16_t port;
	bool with_tls;
	const char *bytes; /* at least one */
	size_t size;
};

/* Whoever answers a CONNECT with anything but a CONNACK is no MQTT broker; paho
 * must not see it. IOTKIT_EPROTOCOL says what it is instead. */
iotkit_status greeting_check(const struct greeting *greeting);

#endif
