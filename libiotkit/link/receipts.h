/* SPDX-License-Identifier: MIT
 *
 * Acknowledgements of the broker's messages with QoS 2. paho gives them at once; they are taken
 * out of its stream, and put back once the application took the message.
 *
 * So it is with SUBSCRIBE and UNSUBSCRIBE, for which paho chooses packet ids that messages may
 * have: with one that is under way the stream waits.
 *
 * The oldest goes back first, and none overtakes an older one of its type: MQTT
 * wants them in the order in which the messages came.
 * Source: MQTT 5.0 sections 3.5, 3.7 and 4.6.
 */
#ifndef IOTKIT_LINK_RECEIPTS_H
#define IOTKIT_LINK_RECEIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "iotkit.h"
#include "link/channel.h"
#include "packet/framing.h"

enum {
	RECEIPTS_MAX = 65535, /* kept; behind one more the stream waits */
	RECEIPT_SIZE_MAX = 64 /* a longer one, which paho never writes, is let through */
};

/* As in struct link_gate. */
struct receipts_sink {
	void *context;
	bool (*untaken)(void *context, uint16_t packet_id);
	bool (*under_way)(void *context, uint16_t packet_id);
	void (*asked)(void *context, uint16_t packet_id);
};

struct receipts {
	struct receipts_sink sink;
	struct framing framing; /* of what was scanned */
	size_t tail; /* bytes scanned since the last place to put some in */
	bool over; /* DISCONNECT came, which nothing may follow */
	struct buffer kept; /* packets, oldest first */
	size_t first; /* where the oldest is in there */
	size_t count;
	size_t count_of[16]; /* by type */
	bool waits; /* for the oldest to be taken, when last asked */
	uint16_t request; /* packet id of the request that the stream waits with; 0: it does not */
};

void receipts_begin(struct receipts *receipts, const struct receipts_sink *sink);
void receipts_end(struct receipts *receipts); /* forgets what is kept */

/* Goes through what is in the channel from its byte number scanned on, and moves that
 * on: not into an acknowledgement that is not whole yet. */
iotkit_status receipts_scan(struct receipts *receipts, struct channel *channel, size_t *scanned);

/* Whether the request that the stream waited with may go now. */
bool receipts_may_go_on(const struct receipts *receipts);

/* Whether there is a place for kept ones, which is between packets, with room, and not
 * before the channel's byte number fixed; and whether they may be due. */
bool receipts_are_due(const struct receipts *receipts, const struct channel *channel, size_t fixed,
		      size_t scanned);

/* If so, puts those back that are; returns how many bytes they are. They are
 * receipts->tail before the end of what was scanned. */
size_t receipts_put_back(struct receipts *receipts, struct channel *channel, size_t fixed,
			 size_t scanned);

#endif
