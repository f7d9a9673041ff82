/* SPDX-License-Identifier: MIT
 *
 * A packet in a line for people, in the style of Mosquitto's log:
 * "sent PUBLISH (d0, q1, r0, m7, 'a/b', 5 bytes)".
 */
#ifndef IOTKIT_PACKET_TEXT_H
#define IOTKIT_PACKET_TEXT_H

#include "packet/facts.h"
#include "packet/phrase.h"

/* The password of a CONNECT is not in it, nor any payload. */
void packet_tell(const struct packet_seen *seen, const struct packet_facts *facts,
		 struct phrase *phrase);

#endif
