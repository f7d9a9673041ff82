/* SPDX-License-Identifier: MIT
 *
 * The messages accepted but not yet acknowledged by the broker, oldest first,
 * within bounds. In memory for now.
 *
 *     append --> waiting --next--> in flight --acknowledge--> gone
 *                   ^                  |
 *                   +---- put back ----+
 *
 * Every function may be called from any thread.
 */
#ifndef IOTKIT_OUTBOX_OUTBOX_H
#define IOTKIT_OUTBOX_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"

enum outbox_policy {
	OUTBOX_REJECT, /* a full outbox takes nothing: IOTKIT_EFULL */
	OUTBOX_DROP_OLDEST, /* the oldest waiting message goes, never one in flight */
	OUTBOX_DROP_NEWEST /* the new message goes */
};

struct outbox_message {
	uint64_t id;
	const char *topic;
	const void *payload;
	size_t size;
	int32_t qos;
	int32_t retain;
};

struct outbox_limits {
	uint64_t max_rows;
	uint64_t max_bytes; /* topics and payloads */
	enum outbox_policy policy;
	/* Told of each message that the policy gives up, on the thread that
	 * appends, with no lock held; the message is borrowed. */
	void (*dropped)(void *context, const struct outbox_message *message);
	void *context;
};

struct outbox_counters {
	uint64_t accepted; /* including those dropped later */
	uint64_t acknowledged;
	uint64_t dropped;
	uint64_t rows; /* now, in flight or not */
	uint64_t bytes;
};

struct outbox;

iotkit_status outbox_open(const struct outbox_limits *limits, struct outbox **out);
void outbox_close(struct outbox *outbox);

/* The bounds may change while it is empty or not; what is in stays in. */
void outbox_set_limits(struct outbox *outbox, const struct outbox_limits *limits);

/* Copies the message (its id is ignored) and numbers it from 1. */
iotkit_status outbox_append(struct outbox *outbox, const struct outbox_message *message,
			    uint64_t *id_out);

/* Lends the oldest waiting message, which is in flight from now until it is
 * acknowledged, dropped or put back; its pointers are valid as long. False when none
 * waits. */
bool outbox_next(struct outbox *outbox, struct outbox_message *out);

/* The three ways a flight ends. */
void outbox_acknowledge(struct outbox *outbox, uint64_t id);
void outbox_drop(struct outbox *outbox, uint64_t id); /* refused by the broker; counted */
void outbox_put_back(struct outbox *outbox, uint64_t id); /* waiting again, at its old place */

bool outbox_empty(struct outbox *outbox);

/* The number of the newest message, 0 before the first; and whether that one and
 * all older ones have gone. */
uint64_t outbox_last_id(struct outbox *outbox);
bool outbox_done(struct outbox *outbox, uint64_t last_id);
void outbox_count(struct outbox *outbox, struct outbox_counters *out);

#endif
