/* SPDX-License-Identifier: MIT
 *
 * What link.c (its life, and what others ask of it) and pump.c (what moves the bytes) share.
 */
#ifndef IOTKIT_LINK_INTERNAL_H
#define IOTKIT_LINK_INTERNAL_H

#include <unistd.h>

#include "link/answers.h"
#include "link/arrivals.h"
#include "link/channel.h"
#include "link/gate.h"
#include "link/link.h"
#include "link/login.h"
#include "link/nudge.h"
#include "link/wire.h"

struct link {
	char *host;
	uint16_t port;
	struct wire outer;
	struct wire inner; /* closed until paho has connected */
	int listener; /* -1 afterwards */
	uint16_t inner_port;
	bool held;
	bool greeted; /* by the broker's first bytes */
	struct reason broken; /* outer; what it sent before is passed on first */
	uint64_t intruders;
	struct login login;
	struct nudge nudge;
	struct gate gate; /* of the channel up */
	struct channel up; /* paho to broker */
	struct channel down; /* broker to paho */
	struct answers answers; /* in the latter */
	struct arrivals arrivals; /* likewise */
	struct tap tap; /* of the outer wire */
};

static inline void link_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline bool link_is_broken(const struct link *link)
{
	return link->broken.status != IOTKIT_OK;
}

/* Whether more of paho's bytes are wanted, and whether some may go out. */
static inline bool link_wants_up(const struct link *link)
{
	if (login_is_pending(&link->login))
		return link->login.packet == NULL && !link->up.ended;
	return channel_has_room(&link->up);
}

static inline bool link_has_up(const struct link *link)
{
	if (login_is_pending(&link->login))
		return link->login.packet != NULL;
	return link->gate.allowed > 0 || gate_is_lending(&link->gate);
}

/* How much may be passed on to paho: while held, what completes a packet. */
static inline size_t link_allowed_down(const struct link *link)
{
	const struct framing *given = &link->nudge.given;
	size_t waiting = arrivals_for_paho(&link->arrivals, given, &link->down);
	size_t rest = framing_rest(given);

	return !link->held || waiting < rest ? waiting : rest;
}

#endif
