/* SPDX-License-Identifier: MIT
 *
 * The format in which Wireshark keeps packets: pcapng, of packets that begin with their IP
 * header. Source: draft-ietf-opsawg-pcapng.
 */
#ifndef IOTKIT_PACKET_PCAP_H
#define IOTKIT_PACKET_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/tcp_segment.h"

enum {
	PCAP_MAGIC_SIZE = 4,
	PCAP_COMMENT_MAX = 512, /* bytes of it that are kept */
	PCAP_PACKET_MAX = TCP_HEADERS_MAX + TCP_PAYLOAD_MAX + PCAP_COMMENT_MAX + 64
};

/* What a file begins with; returns how many bytes it is. */
size_t pcap_write_head(unsigned char *to);

struct pcap_packet {
	struct tcp_segment segment;
	int64_t time_us; /* since 1970-01-01 UTC */
	const char *comment; /* that Wireshark shows; NULL: none */
};

size_t pcap_write_packet(const struct pcap_packet *packet, unsigned char *to);

/* Whether a file that begins so is a capture, of this or of the older format. */
bool pcap_is_capture(const unsigned char magic[PCAP_MAGIC_SIZE]);

#endif
