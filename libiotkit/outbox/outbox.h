/* SPDX-License-Identifier: MIT
 *
 * The messages accepted but not yet acknowledged by the broker, oldest first,
 * within bounds: in memory, or in a file that outlives the process.
 *
 *     append --> waiting --next--> in flight --acknowledge--> gone
 *                   ^                  |
 *                   +---- put back ----+
 *
 * With a file, what is appended waits once it is saved. Whatever else changes is
 * saved soon after, by whoever has the turn at the file; a ticket tells when.
 *
 * Every function may be called from any thread. Only outbox_attach(),
 * outbox_append() with OUTBOX_SAVED, outbox_next(), outbox_split(), outbox_received(),
 * outbox_save_if_quick(), outbox_close() and the functions for texts may wait for the disk.
 */
#ifndef IOTKIT_OUTBOX_OUTBOX_H
#define IOTKIT_OUTBOX_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"
#include "outbox/message.h"
#include "outbox/store.h"

enum outbox_policy {
	OUTBOX_REJECT, /* a full outbox takes nothing: IOTKIT_EFULL */
	OUTBOX_DROP_OLDEST, /* the oldest waiting message goes, never one in flight */
	OUTBOX_DROP_NEWEST /* the new message goes */
};

/* Who hears what becomes of messages. Called with no lock held; all is borrowed. */
struct outbox_listener {
	void *context;
	/* The policy, or damage to the file, gives a message up. */
	void (*dropped)(void *context, const struct outbox_message *message, const char *why);
	/* The file fails (status negative), or works again (IOTKIT_OK). */
	void (*told)(void *context, iotkit_status status, const char *text);
	/* Something was saved: tickets have passed that had not when they were asked about, or
	 * messages wait that nobody saved himself. */
	void (*saved)(void *context);
};

struct outbox_limits {
	uint64_t max_rows;
	uint64_t max_bytes; /* topics and payloads */
	enum outbox_policy policy;
};

struct outbox_counters {
	uint64_t accepted; /* including those dropped later */
	uint64_t acknowledged;
	uint64_t dropped;
	uint64_t rows; /* now, in flight or not */
	uint64_t bytes;
};

/* When an append returns: */
enum outbox_care {
	OUTBOX_QUEUED, /* at once; it is saved soon */
	OUTBOX_SAVED /* once it is saved */
};

/* Messages are drained in order within a lane. */
enum outbox_lane {
	OUTBOX_BACKLOG, /* all, until outbox_split() */
	OUTBOX_LIVE /* those appended since */
};

struct outbox;

/* In memory, with room for nothing. */
iotkit_status outbox_open(const struct outbox_listener *listener, struct outbox **out);
void outbox_close(struct outbox *outbox); /* saves what can be */

/* The listener hears nothing more, from when this returns. */
void outbox_hush(struct outbox *outbox);

/* The bounds may change while it is empty or not; what is in stays in. */
void outbox_set_limits(struct outbox *outbox, const struct outbox_limits *limits);

/* From now on in this file, with what is in it. Only before the first append, else
 * IOTKIT_ESTATE, and once. Fails as store_open() does. */
iotkit_status outbox_attach(struct outbox *outbox, const char *path, enum store_sync sync);
void outbox_set_sync(struct outbox *outbox, enum store_sync sync);
bool outbox_is_durable(struct outbox *outbox);

/* Copies the message (its id is ignored) and numbers it from 1. */
iotkit_status outbox_append(struct outbox *outbox, const struct outbox_message *message,
			    enum outbox_care care, uint64_t *id_out);

/* The same, but it is not to be sent in this life: outbox_replace() puts another message in
 * its place. Should the process end before, it is sent as it is. id_out: 0 when the policy
 * has given it up. */
iotkit_status outbox_keep(struct outbox *outbox, const struct outbox_message *message,
			  enum outbox_care care, uint64_t *id_out);

/* ---- Messages of kits ----
 *
 * A kit sends a message again until it hears that it was kept, so each has a number by which
 * it is known again. The newest one of each kit is remembered, and saved in one transaction
 * with its message: whenever the process ends, there are both or neither. Of more than
 * 1024 kits the one that has sent nothing for longest is forgotten. */

/* What a message is known by. */
struct outbox_origin {
	const char *kit; /* whose it is; not empty, borrowed */
	uint32_t boot; /* which of its lives it is of, not 0 */
	uint32_t seq; /* from 1, rising from message to message within a life */
};

/* How far a kit's numbers have come, and in which of its lives. All 0: it is not known. */
struct outbox_position {
	uint32_t boot;
	uint32_t taken; /* in memory at least */
	uint32_t saved; /* as safe as it gets: in the file, or without one in memory; 0: none */
};

/* As outbox_append() with OUTBOX_QUEUED. The caller has made sure with outbox_position()
 * that it is no repeat. One that the policy gives up is taken as well; after a failure
 * the kit is where it was. The listener hears when it is saved. */
iotkit_status outbox_append_from(struct outbox *outbox, const struct outbox_message *message,
				 const struct outbox_origin *origin);

/* As outbox_keep() likewise. */
iotkit_status outbox_keep_from(struct outbox *outbox, const struct outbox_message *message,
			       const struct outbox_origin *origin, uint64_t *id_out);

/* A number is taken without a message: there is nothing in it that could be sent. Without
 * memory for it nothing happens, and it comes again. */
void outbox_advance(struct outbox *outbox, const struct outbox_origin *origin);

/* Never waits for the disk. */
void outbox_position(struct outbox *outbox, const char *kit, struct outbox_position *out);

/* Those kept go as the message comes: at no moment are there both or neither. It always
 * has room. NULL: nothing comes. */
iotkit_status outbox_replace(struct outbox *outbox, const uint64_t *kept, size_t count,
			     const struct outbox_message *message);

/* Lends the lane's oldest waiting message, which is in flight from now until it is
 * acknowledged, dropped or put back; its pointers are valid as long. False when none
 * waits. */
bool outbox_next(struct outbox *outbox, enum outbox_lane lane, struct outbox_message *out);

/* The three ways a flight ends. */
void outbox_acknowledge(struct outbox *outbox, uint64_t id);
void outbox_drop(struct outbox *outbox, uint64_t id); /* refused by the broker; counted */
void outbox_put_back(struct outbox *outbox, uint64_t id); /* waiting again, at its old place */

/* A message in flight is not to go again after a restart: it goes out with QoS 0, or the
 * broker has it. Until outbox_acknowledge() it stays in memory. */
void outbox_depart(struct outbox *outbox, uint64_t id);

/* What waits now is the backlog, and what comes from now on is live. */
void outbox_split(struct outbox *outbox);

bool outbox_empty(struct outbox *outbox);

/* The number of the newest message, 0 before the first; and whether that one and
 * all older ones have gone. */
uint64_t outbox_last_id(struct outbox *outbox);
bool outbox_done(struct outbox *outbox, uint64_t last_id);
void outbox_count(struct outbox *outbox, struct outbox_counters *out);

/* ---- The MQTT session's state, of which only QoS 1 and 2 have any ---- */

/* A message in flight goes out under this packet id, or under none any more (0); released:
 * what is sent from now on is PUBREL. */
void outbox_set_flight(struct outbox *outbox, uint64_t id, uint16_t packet_id, bool released);

/* The flights of an earlier life of the process, oldest message first. Each is in flight
 * already. Pointers are valid as long as that. */
struct outbox_flight {
	struct outbox_message message;
	uint16_t packet_id;
	bool released;
};
size_t outbox_flights(struct outbox *outbox, struct outbox_flight *out, size_t capacity);

/* What came from the broker with QoS 2, and is to be remembered until it is finished. */
iotkit_status outbox_set_received(struct outbox *outbox, uint16_t packet_id, const void *packet,
				  size_t size);
iotkit_status outbox_end_received(struct outbox *outbox, uint16_t packet_id);

/* Those of an earlier life. */
void outbox_received(struct outbox *outbox,
		     void (*take)(void *context, uint16_t packet_id, const void *packet,
				  size_t size),
		     void *context);

/* All that was asked for until now is saved once this ticket has passed. While the file
 * fails every ticket passes. When one has not, the listener hears when it has. */
uint64_t outbox_ticket(struct outbox *outbox);
bool outbox_passed(struct outbox *outbox, uint64_t ticket);

/* Saves what is to be saved, and waits for it. */
void outbox_save(struct outbox *outbox);

/* The same, when that takes no longer than to have another thread do it. */
void outbox_save_if_quick(struct outbox *outbox);

/* A short text that outlives the process, as the client id; without a file "". */
iotkit_status outbox_get_text(struct outbox *outbox, const char *name, char *text, size_t size);
iotkit_status outbox_set_text(struct outbox *outbox, const char *name, const char *text);

/* As "SQLite 3.40.1". */
void outbox_describe_library(char *text, size_t size);

#endif
