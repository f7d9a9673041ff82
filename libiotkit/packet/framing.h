/* SPDX-License-Identifier: MIT
 *
 * Where one MQTT packet ends and the next begins in a stream of bytes.
 * Source: MQTT 5.0 section 2.1.
 */
#ifndef IOTKIT_PACKET_FRAMING_H
#define IOTKIT_PACKET_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero at the beginning of a stream. */
struct framing {
	enum { FRAMING_TYPE, FRAMING_LENGTH, FRAMING_BODY, FRAMING_BROKEN } expects;
	unsigned shift; /* of the next byte of the length */
	uint32_t left; /* bytes of the body still to come */
};

/* Takes note of the next bytes of the stream. */
void framing_pass(struct framing *framing, const char *bytes, size_t size);

/* Whether the bytes so far are whole packets. Never again once a length breaks
 * the rules of MQTT. */
bool framing_is_between(const struct framing *framing);

/* How many bytes may follow without going beyond the end of the packet that has
 * begun; 0 between packets. */
size_t framing_rest(const struct framing *framing);

#endif
