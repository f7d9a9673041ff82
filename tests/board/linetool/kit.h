/* SPDX-License-Identifier: MIT
 *
 * The board's side of docs/line-protocol.md: a kit that measures n = 1, 2, 3 and
 * loses none of them.
 */
#ifndef LINETOOL_KIT_H
#define LINETOOL_KIT_H

#include "frames.h"

#define KIT_RING 1024 /* as many readings as a kit may hold */

struct kit_settings {
	uint32_t count; /* how many measurements it takes; 0: it never stops */
	uint32_t ring; /* how many readings it holds */
	double rate; /* measurements a second; 0: one whenever there is room */
};

struct reading {
	int64_t taken_at;
	uint32_t n; /* 0: it is the state of the led */
	char led[24];
};

struct kit_counts {
	uint64_t sent, resent, acknowledged, dropped;
	int64_t began_at, ended_at; /* the welcome, and the last acknowledgement */
};

struct kit {
	const struct kit_settings *settings;
	char name[64]; /* escaped */
	uint32_t nonce;
	uint32_t id; /* 0: none yet */

	int64_t hello_at, hello_wait;

	struct reading readings[KIT_RING];
	uint32_t measured; /* n of the newest measurement */
	int64_t measure_at;
	uint32_t base, next; /* seq: the oldest it has, and the next it will give */
	uint32_t send_from; /* seq of the next to send */
	uint32_t unsent; /* the first seq that was never sent */
	int64_t resend_at, resend_wait;

	uint32_t command; /* the number of the last one */
	bool commanded, answering; /* there was one; its result is still to be sent */
	uint32_t result, answer_after; /* when the reading with this seq has been sent */

	size_t length; /* of the line that is being heard */
	bool too_long;
	char line[FRAME_SIZE];

	struct kit_counts counts;
};

/* Returns false if the name is too long. */
bool kit_boot(struct kit *kit, const struct kit_settings *settings, const char *name,
	      uint32_t nonce, int64_t now);

void kit_hear(struct kit *kit, const uint8_t *bytes, size_t count, int64_t now);

/* The next line for the wire. Returns its length, 0: there is nothing to say. */
size_t kit_say(struct kit *kit, char line[FRAME_SIZE], int64_t now);

/* When it may have something to say, though it hears nothing. */
int64_t kit_wakes_at(const struct kit *kit);

/* Every measurement has been taken and acknowledged, or dropped. */
bool kit_is_done(const struct kit *kit);

#endif
