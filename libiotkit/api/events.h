/* SPDX-License-Identifier: MIT
 *
 * The bounded queue of events between the library's threads and the
 * application. Every function may be called from any thread.
 */
#ifndef IOTKIT_API_EVENTS_H
#define IOTKIT_API_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/wake.h"
#include "iotkit.h"

struct event_node;

struct events {
	struct monitor monitor; /* guards all below */
	struct wake readable; /* while an event waits, once the descriptor was asked for */
	bool watched; /* it was: until then nobody needs the two system calls of each event */
	struct event_node *head;
	struct event_node *tail;
	struct event_node *taken; /* the last one each thread kept */
	uint64_t max;
	uint64_t messages; /* MESSAGE events waiting */
	uint64_t others;
	uint64_t traces; /* of the others */
	uint64_t missed; /* in all */
	bool congested;
	uint64_t turn; /* of who takes events; grows */
};

iotkit_status events_open(struct events *events);
void events_close(struct events *events);
void events_limit(struct events *events, uint64_t max);

/* Copies the event with all it points to. When memory or room is short the
 * oldest event that is no message goes, and its successor counts it; of traces,
 * if there are any, the oldest. */
void events_push(struct events *events, const iotkit_event *event);

/* The same for a message of the broker's, of which the session has a token. Without memory for it
 * it is missed, and IOTKIT_ENOMEM says so. */
iotkit_status events_push_message(struct events *events, const iotkit_event *event, uint64_t token);

struct events_taken {
	const iotkit_event *event; /* NULL when none came by the deadline; the caller's */
	uint64_t token; /* of a message; 0: none */
	bool relieved; /* messages have room again */
};
struct events_taken events_take(struct events *events, uint64_t turn, int64_t deadline);

/* Takes over an event that was taken, until the same thread keeps its next one. */
void events_keep(struct events *events, const iotkit_event *event);

/* Frees one that was taken and not kept. */
void events_drop(const iotkit_event *event);

/* Whose turn it is. Who waits for an event, or asks for one, in an earlier turn than the
 * present one gets none. */
uint64_t events_turn(struct events *events);
uint64_t events_begin_turn(struct events *events);

/* Readable while an event waits. */
int events_fd(struct events *events);

/* Whether so many messages wait that no more should be read from the broker. */
bool events_congested(struct events *events);
uint64_t events_missed(struct events *events);

#endif
