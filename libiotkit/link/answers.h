/* SPDX-License-Identifier: MIT
 *
 * The broker's answers to messages: PUBACK, PUBREC and PUBCOMP are told of and taken out of its
 * stream, since paho has sent no message. SUBACK and UNSUBACK, which are for paho, are told of as
 * they go by: their packet ids are free again.
 * Source: MQTT 5.0 sections 3.4, 3.5, 3.7, 3.9 and 3.11.
 */
#ifndef IOTKIT_LINK_ANSWERS_H
#define IOTKIT_LINK_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "iotkit.h"
#include "link/link.h"
#include "packet/framing.h"

/* Of one answer no more is kept: what is further behind is not told. */
enum { ANSWER_KEPT_MAX = 1024 };

/* All zero but for the sink at the beginning of a stream. */
struct answers {
	struct answers_sink {
		void *context;
		void (*answered)(void *context,
				 const struct link_answer *answer); /* NULL: no scan */
	} sink;
	struct framing framing;
	bool is_told; /* the packet that has begun */
	bool is_taken; /* likewise */
	size_t kept; /* of it */
	unsigned char packet[ANSWER_KEPT_MAX];
};

/* Goes through the next bytes of the stream, and leaves those that are paho's: *size of them.
 * Fails when one of the others breaks the rules of MQTT. */
iotkit_status answers_scan(struct answers *answers, char *bytes, size_t *size);

#endif
