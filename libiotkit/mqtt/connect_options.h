/* SPDX-License-Identifier: MIT
 *
 * What paho needs to send a CONNECT, from the session's settings.
 */
#ifndef IOTKIT_MQTT_CONNECT_OPTIONS_H
#define IOTKIT_MQTT_CONNECT_OPTIONS_H

#include <MQTTAsync.h>

#include "mqtt/session.h"

/* paho's structs point into one another, so this one must not be moved. */
struct connect_options {
	MQTTAsync_connectOptions paho;
	MQTTAsync_willOptions will;
	MQTTProperties properties;
	char uri[32];
	char *uris[1];
};

/* All but the password, which the link puts in. */
void connect_options_fill(struct connect_options *options, const struct session_settings *settings,
			  uint16_t port, bool reconnecting);

void connect_options_free(struct connect_options *options);

#endif
