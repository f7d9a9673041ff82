/* SPDX-License-Identifier: MIT
 *
 * The broker's messages with QoS 0 and 1, which are told and taken out of its stream: paho sees
 * none of them. So what comes next in the channel is paho's, or one of ours:
 *
 *     begin .... for paho .... | PUBLISH | PUBLISH | .... for paho .... end
 *
 * Source: MQTT 5.0 section 3.3.
 */
#ifndef IOTKIT_LINK_ARRIVALS_H
#define IOTKIT_LINK_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "iotkit.h"
#include "link/channel.h"
#include "packet/framing.h"

struct arrivals {
	/* As in struct link_gate. */
	struct arrivals_sink {
		void *context;
		bool (*may_arrive)(void *context);
		iotkit_status (*arrived)(void *context, char *packet,
					 size_t size); /* NULL: all is paho's */
	} sink;
	struct buffer large; /* what has come of a message that the channel cannot hold */
};

void arrivals_begin(struct arrivals *arrivals, const struct arrivals_sink *sink);
void arrivals_end(struct arrivals *arrivals); /* forgets what has come of one */

/* given: what paho was given so far. */

/* How many of the channel's first bytes are paho's. */
size_t arrivals_for_paho(const struct arrivals *arrivals, const struct framing *given,
			 const struct channel *channel);

/* Whether a message could be taken now. */
bool arrivals_are_due(const struct arrivals *arrivals, const struct framing *given,
		      const struct channel *channel);

/* Takes those from the channel that come next and may arrive; adds up their bytes in moved. Of one
 * that will never be whole nothing is left. Fails when one breaks the rules of MQTT. */
iotkit_status arrivals_take(struct arrivals *arrivals, const struct framing *given,
			    struct channel *channel, size_t *moved);

#endif
