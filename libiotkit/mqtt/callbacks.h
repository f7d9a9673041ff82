/* SPDX-License-Identifier: MIT
 *
 * paho's callbacks: each writes a note for the session's thread.
 */
#ifndef IOTKIT_MQTT_CALLBACKS_H
#define IOTKIT_MQTT_CALLBACKS_H

#include <MQTTAsync.h>

#include "mqtt/client.h"

/* Those that belong to the connection as a whole; returns paho's code. */
int callbacks_install(struct client *client);

/* Those that belong to one call, in the dialect that the settings ask for. */
void callbacks_for_connect(MQTTAsync_connectOptions *options, struct client *client);
void callbacks_for_disconnect(MQTTAsync_disconnectOptions *options, struct client *client);
void callbacks_for_request(MQTTAsync_responseOptions *options, struct request *request);

#endif
