/* SPDX-License-Identifier: MIT
 *
 * One client of MQTT 5, by each of the libraries that are compared, and by a bare socket:
 * client_iotkit.c, client_paho.c, client_mosquitto.c, client_raw.c. A program that uses it is
 * built once with each of them.
 *
 * Each library is used in the way in which it is fastest. What fails ends the program.
 */
#ifndef BENCH_COMMON_CLIENT_H
#define BENCH_COMMON_CLIENT_H

#include <stddef.h>

#include "load.h"

struct client;

/* Connects, and does as the load has it; never returns NULL. */
struct client *client_open(const struct load *load);

/* Waits while it has enough under way. */
void client_publish(struct client *client, const char *topic, const void *payload, int size,
		    int qos);

/* Waits until the broker has acknowledged all, or at QoS 0 a socket has it. */
void client_finish(struct client *client);

/* Takes one message; called by one thread, which may not be the program's. */
typedef void client_taker(void *context, const void *payload, size_t size);

/* Once, with the QoS of the load. Returns when the broker has agreed. */
void client_subscribe(struct client *client, const char *filter, client_taker *take, void *context);

/* Does what comes up until then; messages may come only here. */
void client_work_until(struct client *client, int64_t moment_ns);

/* Disconnects and frees. */
void client_close(struct client *client);

#endif
