/* SPDX-License-Identifier: MIT
 *
 * paho's persistence, kept in the outbox. paho names what it keeps by keys:
 *
 *     r-N  a PUBLISH received with QoS 2
 *     c-N  a request not sent yet, which is not kept: the session asks again
 *     q-N  a message received and not handed over, which does not happen
 *
 * and likewise r5-, ... for MQTT 5. It calls on its two threads and on the
 * session's, with a lock of its own held; nothing here waits for the disk.
 */
#ifndef IOTKIT_MQTT_PERSISTENCE_H
#define IOTKIT_MQTT_PERSISTENCE_H

#include "iotkit.h"

struct client;
struct persistence;

/* Takes over what an earlier life of the process left. */
iotkit_status persistence_open(struct client *client, struct persistence **out);
void persistence_close(struct persistence *persistence); /* NULL is fine */

/* What MQTTAsync_create() takes as context. */
void *persistence_for_paho(struct persistence *persistence);

#endif
