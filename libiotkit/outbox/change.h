/* SPDX-License-Identifier: MIT
 *
 * One change of what the outbox's file has, and its bytes in the journal:
 *
 *     size of all (4) | kind (1) | flags (1) | packet id (2) | id (8) | number (8) |
 *     size of the first (4) | 0 (4) | with INSERT: time, expiry, epoch, seq (8 each) |
 *     the first bytes | the second bytes
 */
#ifndef IOTKIT_OUTBOX_CHANGE_H
#define IOTKIT_OUTBOX_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "outbox/message.h"

enum change_kind {
	CHANGE_INSERT = 1, /* message */
	CHANGE_REMOVE, /* id, bytes */
	CHANGE_SET_FLIGHT, /* id, packet_id, released */
	CHANGE_END_FLIGHT, /* id */
	CHANGE_SET_RECEIVED, /* packet_id, second: the packet */
	CHANGE_END_RECEIVED, /* packet_id */
	CHANGE_PUT_TEXT, /* first: the name; second: the text */
	CHANGE_REMOVE_TEXT /* first: the name */
};

struct change_bytes {
	const void *at;
	size_t size;
};

/* All that it points to is borrowed. */
struct change {
	enum change_kind kind;
	uint16_t packet_id;
	bool released;
	uint64_t id;
	uint64_t bytes; /* of the message that is removed */
	struct outbox_message message; /* its topic needs no NUL here: it is the first */
	struct change_bytes first; /* the topic, or a name */
	struct change_bytes second; /* what is not a message's payload */
};

/* How many bytes change_write() appends. */
size_t change_size(const struct change *change);
iotkit_status change_write(const struct change *change, struct buffer *buffer);

/* The change at *at, which goes on behind it. False at the end, or when there is none. */
bool change_read(const unsigned char **at, const unsigned char *end, struct change *out);

/* Whether there are changes, nothing else, and each is one that a store makes. */
bool change_all_are_sound(const unsigned char *at, const unsigned char *end);

#endif
