/* SPDX-License-Identifier: MIT
 *
 * Messages with QoS 1 and 2 that are under way, by packet id and in the order in which they were
 * first sent; and who has which packet id: ours are chosen here, and paho chooses its own for
 * SUBSCRIBE and UNSUBSCRIBE. Source: MQTT 5.0 sections 2.2.1, 4.3, 4.4 and 4.6.
 *
 *     add --> sent --owe--> owed: PUBREL is to be sent, or what was, over a new connection
 *              ^  |             |
 *              |  +--> remove   |
 *              +---note_sent----+
 *
 * What is owed goes in the order of these calls, but all PUBRELs before all messages: those wait
 * while the broker takes no more at once, and PUBREL makes it take more.
 */
#ifndef IOTKIT_MQTT_FLIGHTS_H
#define IOTKIT_MQTT_FLIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"
#include "outbox/message.h"

enum { FLIGHTS_MAX = 65535 /* as many as there are packet ids */ };

struct flight {
	struct outbox_message message; /* lent by the outbox */
	uint16_t packet_id;
	bool released; /* the broker has it: what is sent is PUBREL */
	bool owed; /* what is to be sent has not been sent over this connection */
	struct flight *older, *newer; /* by their first sending */
	struct flight *next_owed;
	struct flight *next; /* in its bucket, or of the free */
};

struct flight_queue {
	struct flight *first, *last;
};

struct flights {
	struct flight *all;
	struct flight *free;
	struct flight **buckets;
	size_t bucket_mask;
	struct flight *oldest, *newest;
	struct flight_queue releases, messages; /* that are owed */
	size_t count;
	size_t unsent; /* messages that are owed */
	uint16_t last_id; /* that was chosen */
	uint8_t requested[(FLIGHTS_MAX + 1) / 8]; /* packet ids of paho's requests, a bit each */
};

iotkit_status flights_open(struct flights *flights, size_t capacity);
void flights_close(struct flights *flights); /* all zero is fine */

/* A packet id that nobody has, and nobody gets by this; 0: there is none. */
uint16_t flights_choose_id(struct flights *flights);

/* The next ones are chosen somewhere else: the broker may have some in use, and who knows which. */
void flights_scatter_ids(struct flights *flights);

/* As sent; NULL when there are as many as fit, or another has the packet id. */
struct flight *flights_add(struct flights *flights, const struct outbox_message *message,
			   uint16_t packet_id);
struct flight *flights_find(const struct flights *flights, uint16_t packet_id);

/* It must not be owed, unless it is the first that is. */
void flights_remove(struct flights *flights, struct flight *flight);

/* Something is to be sent; with a new connection something of each flight, in their order. */
void flights_owe(struct flights *flights, struct flight *flight);
void flights_owe_all(struct flights *flights);

/* The next one that owes, NULL: none does; and it was sent. */
struct flight *flights_first_owed(const struct flights *flights);
void flights_note_sent(struct flights *flights);

/* paho has sent a request under this packet id, and it was answered; with its connection all are
 * forgotten. */
void flights_note_requested(struct flights *flights, uint16_t packet_id);
void flights_note_answered(struct flights *flights, uint16_t packet_id);
void flights_forget_requests(struct flights *flights);

#endif
