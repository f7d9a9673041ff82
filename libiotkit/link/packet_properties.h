/* SPDX-License-Identifier: MIT
 *
 * The properties of a packet of MQTT 5, in words. Source: MQTT 5.0 section 2.2.2.
 */
#ifndef IOTKIT_LINK_PACKET_PROPERTIES_H
#define IOTKIT_LINK_PACKET_PROPERTIES_H

#include "link/cursor.h"
#include "link/phrase.h"

/* All that are in these bytes, each an item; an unknown one ends it, and makes the cursor
 * short. */
void packet_properties_tell(struct cursor *properties, struct phrase *phrase);

#endif
