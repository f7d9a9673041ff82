/* SPDX-License-Identifier: MIT
 *
 * The properties of a packet of MQTT 5, in words. Source: MQTT 5.0 section 2.2.2.
 */
#ifndef IOTKIT_LINK_PACKET_PROPERTIES_H
#define IOTKIT_LINK_PACKET_PROPERTIES_H

#include "link/cursor.h"
#include "link/phrase.h"

/* All that are in the cursor, each an item; an unknown one ends it, and makes it
 * short. */
void packet_properties_tell(struct cursor *cursor, struct phrase *phrase);

#endif
