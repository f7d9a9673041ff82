/* SPDX-License-Identifier: MIT
 *
 * The properties of a packet of MQTT 5. Source: MQTT 5.0 section 2.2.2.
 */
#ifndef IOTKIT_PACKET_PROPERTIES_H
#define IOTKIT_PACKET_PROPERTIES_H

#include "packet/cursor.h"
#include "packet/phrase.h"

enum { PACKET_REASON_STRING = 0x1f, PACKET_USER_PROPERTY = 0x26 };

struct packet_property {
	uint32_t id;
	bool is_unknown; /* to MQTT */
	uint32_t number;
	struct cursor_bytes bytes; /* of a user property: its name */
	struct cursor_bytes value; /* of a user property */
};

/* The next one; what is missing at the end reads as 0, and makes the cursor short. False at the
 * end, which one is that MQTT does not know: that makes it short, too. */
bool packet_property_next(struct cursor *cursor, struct packet_property *out);

/* All that are in the cursor, each an item; an unknown one ends it, and makes it
 * short. */
void packet_properties_tell(struct cursor *cursor, struct phrase *phrase);

#endif
