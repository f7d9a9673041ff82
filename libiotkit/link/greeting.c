/* SPDX-License-Identifier: MIT */
#include "link/greeting.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum {
	CONNACK_BYTE = 0x20, /* MQTT 5.0 section 3.2.1: what every broker sends first */
	TLS_ALERT_BYTE = 0x15, /* RFC 5246 section 6.2.1: what a TLS server thinks of CONNECT */
	SHOWN_MAX = 16
};

static iotkit_status explain(const struct greeting *greeting)
{
	char shown[4 * SHOWN_MAX + 1] = "";

	for (size_t i = 0; i < greeting->size && i < SHOWN_MAX; i++) {
		unsigned char byte = (unsigned char)greeting->bytes[i];
		snprintf(shown + strlen(shown), sizeof shown - strlen(shown),
			 isprint(byte) ? "%c" : "\\x%02x", byte);
	}
	return error_set(
		IOTKIT_EPROTOCOL,
		"%s:%u does not speak MQTT here: it answered '%s' instead of a CONNACK; check the "
		"port (MQTT is 1883, or 8883 with TLS)",
		greeting->host, (unsigned)greeting->port, shown);
}

iotkit_status greeting_check(const struct greeting *greeting)
{
	unsigned port = greeting->port;

	if (greeting->bytes[0] == CONNACK_BYTE)
		return IOTKIT_OK;
	if (!greeting->with_tls && greeting->bytes[0] == TLS_ALERT_BYTE)
		return error_set(IOTKIT_EPROTOCOL,
				 "%s:%u speaks TLS on this port, and the connection is plain "
				 "mqtt://: use mqtts://%s:%u",
				 greeting->host, port, greeting->host, port);
	return explain(greeting);
}
