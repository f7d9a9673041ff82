/* SPDX-License-Identifier: MIT
 *
 * A TCP segment in an IP packet, as bytes, to be looked at and never sent.
 * Sources: RFC 791, RFC 8200, RFC 9293.
 */
#ifndef IOTKIT_PACKET_TCP_SEGMENT_H
#define IOTKIT_PACKET_TCP_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_PUSH = 0x08,
	TCP_ACK = 0x10,
	TCP_HEADERS_MAX = 40 + 24, /* IPv6, and TCP with an option */
	TCP_PAYLOAD_MAX = 16384
};

struct tcp_end {
	bool is_v6; /* both ends of a connection are */
	uint8_t address[16]; /* of IPv4 the first four */
	uint16_t port;
};

struct tcp_segment {
	const struct tcp_end *from;
	const struct tcp_end *to;
	unsigned flags;
	uint32_t sequence;
	uint32_t acknowledged;
	const char *payload;
	size_t size; /* at most TCP_PAYLOAD_MAX */
};

/* Returns how many bytes it is, at most TCP_HEADERS_MAX more than the payload. */
size_t tcp_segment_write(const struct tcp_segment *segment, unsigned char *to);

#endif
