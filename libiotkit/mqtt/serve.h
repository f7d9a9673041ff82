/* SPDX-License-Identifier: MIT
 *
 * One connection, from the moment that paho dials the link until both have left it.
 */
#ifndef IOTKIT_MQTT_SERVE_H
#define IOTKIT_MQTT_SERVE_H

#include "mqtt/attempt.h"

/* Until it ends; attempt says why. */
void serve_connection(struct session *session, struct attempt *attempt);

/* What was under way is to be sent anew. */
void serve_hang_up(struct session *session);

/* Waits for paho to notice, and hears what the broker said last. */
void serve_settle(struct session *session, struct attempt *attempt);

#endif
