/* SPDX-License-Identifier: MIT
 *
 * Refusals in the broker's acknowledgements, found in its stream before paho reads them:
 * of messages that it resumed paho does not tell whether the broker took them.
 * Source: MQTT 5.0 sections 3.4.2.1, 3.5.2.1 and 3.7.2.1.
 */
#ifndef IOTKIT_LINK_REFUSALS_H
#define IOTKIT_LINK_REFUSALS_H

#include <stddef.h>
#include <stdint.h>

/* All zero but for the sink at the beginning of a stream. */
struct refusals {
	struct refusals_sink {
		void *context;
		void (*refused)(void *context, uint16_t packet_id, int code); /* NULL: no scan */
	} sink;
	enum { REFUSALS_TYPE, REFUSALS_LENGTH, REFUSALS_BODY, REFUSALS_BROKEN } expects;
	unsigned char type;
	unsigned shift; /* of the next byte of the length */
	uint32_t left; /* bytes of the body still to come */
	size_t seen; /* of an acknowledgement's body */
	unsigned char head[3]; /* its packet id and reason code */
};

void refusals_scan(struct refusals *refusals, const char *bytes, size_t size);

#endif
