/* SPDX-License-Identifier: MIT
 *
 * What paho needs to send a CONNECT, from the session's settings.
 */
#ifndef IOTKIT_MQTT_CONNECT_OPTIONS_H
#define IOTKIT_MQTT_CONNECT_OPTIONS_H

#include <MQTTAsync.h>

#include "mqtt/session.h"

enum { PASSWORD_SIZE = 65536 }; /* the standard's limit, and a NUL */

/* paho's structs point into one another, so this one must not be moved. */
struct connect_options {
	MQTTAsync_connectOptions paho;
	MQTTAsync_willOptions will;
	MQTTProperties properties;
	char uri[32];
	char *uris[1];
	char password[PASSWORD_SIZE]; /* from the file */
};

/* Reads the password file anew. */
iotkit_status connect_options_fill(struct connect_options *options,
				   const struct session_settings *settings, uint16_t port,
				   bool reconnecting);

/* Leaves no password behind. */
void connect_options_wipe(struct connect_options *options);

#endif
