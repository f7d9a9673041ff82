/* SPDX-License-Identifier: MIT
 *
 * What an MQTT control packet says, for those who look on.
 * Source: MQTT 5.0 and 3.1.1, chapters 2 and 3.
 */
#ifndef IOTKIT_PACKET_FACTS_H
#define IOTKIT_PACKET_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/cursor.h"

enum packet_type {
	PACKET_CONNECT = 1,
	PACKET_CONNACK,
	PACKET_PUBLISH,
	PACKET_PUBACK,
	PACKET_PUBREC,
	PACKET_PUBREL,
	PACKET_PUBCOMP,
	PACKET_SUBSCRIBE,
	PACKET_SUBACK,
	PACKET_UNSUBSCRIBE,
	PACKET_UNSUBACK,
	PACKET_PINGREQ,
	PACKET_PINGRESP,
	PACKET_DISCONNECT,
	PACKET_AUTH
};

/* A packet as it was seen: its first byte is there, the rest may be missing. */
struct packet_seen {
	bool sent; /* to the broker; else received */
	bool version_5;
	const unsigned char *bytes;
	size_t kept; /* how many are there */
	uint64_t passed; /* how many have gone by */
};

struct packet_facts {
	unsigned type; /* PACKET_*, or 0 */
	unsigned flags;
	uint64_t size; /* of the whole packet; 0: its length breaks the rules, or is missing */
	struct cursor body; /* what is there behind the length */
	uint16_t id; /* 0: it has none */
	struct cursor_bytes topic; /* of a PUBLISH */
	uint64_t payload_size; /* likewise */
	struct cursor properties; /* likewise */
};

/* Of a PUBLISH. */
bool packet_is_dup(const struct packet_facts *facts);
unsigned packet_qos(const struct packet_facts *facts); /* 3 is what no packet may have */
bool packet_is_retained(const struct packet_facts *facts);

void packet_read(const struct packet_seen *seen, struct packet_facts *out);

#endif
