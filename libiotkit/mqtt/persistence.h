/* SPDX-License-Identifier: MIT
 *
 * paho's persistence, kept in the outbox. paho names what it keeps by keys:
 *
 *     c-N  a command not sent yet, which is a message of the outbox: in memory only
 *     s-N  the PUBLISH sent under packet id N: the outbox's message is in flight
 *     sc-N its PUBREL: the flight is released
 *     r-N  a PUBLISH received with QoS 2
 *     q-N  a message received and not handed over, which does not happen: in memory
 *
 * and likewise c5-, s5-, ... for MQTT 5. It calls on its two threads and on the
 * session's, with a lock of its own held; nothing here waits for the disk.
 */
#ifndef IOTKIT_MQTT_PERSISTENCE_H
#define IOTKIT_MQTT_PERSISTENCE_H

#include "iotkit.h"

struct client;
struct persistence;

/* Takes over what an earlier life of the process left: its flights become the
 * client's. */
iotkit_status persistence_open(struct client *client, struct persistence **out);
void persistence_close(struct persistence *persistence); /* NULL is fine */

/* What MQTTAsync_create() takes as context. */
void *persistence_for_paho(struct persistence *persistence);

#endif
