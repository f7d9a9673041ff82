/* SPDX-License-Identifier: MIT
 *
 * paho's thread waits for its sockets to be readable, never for them to be
 * writable. It would notice that a connection was made, or that there is room for
 * the rest of a large packet, up to a second late. So it gets something to read: a
 * PINGRESP that nobody asked for is passed over.
 */
#ifndef IOTKIT_LINK_NUDGE_H
#define IOTKIT_LINK_NUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/framing.h"

/* All zero before paho has connected. */
struct nudge {
	struct framing given; /* what paho was given so far */
	bool has_spoken; /* paho, at least a byte */
	int64_t at; /* before that */
	int64_t life_at; /* the next sign of life, at the earliest */
	size_t unanswered; /* bytes read from paho since it was given any */
	bool owes_answer; /* to what paho said, be it a ping, when the answer is held */
};

/* So many bytes came from paho, and those went to it. */
void nudge_note_read(struct nudge *nudge, size_t size, bool held);
void nudge_note_given(struct nudge *nudge, const char *bytes, size_t size);

/* The answer to what paho said before is held as well, if it has not come yet. */
void nudge_note_held(struct nudge *nudge);

/* Until paho speaks: it reads a nudge that comes too early, and forgets it. */
void nudge_awake(struct nudge *nudge, int fd);
int64_t nudge_due(const struct nudge *nudge);

/* paho has no more to read, and its socket has room for more of a large packet. */
void nudge_on(struct nudge *nudge, int fd);

/* The broker lives, but what shows it is not for paho, which may wait for the answer to a ping that
 * is far behind: it would hang up. */
void nudge_note_life(struct nudge *nudge, int fd);

/* The answer to a ping is held with the rest, and paho would hang up. */
void nudge_answer(struct nudge *nudge, int fd);

#endif
