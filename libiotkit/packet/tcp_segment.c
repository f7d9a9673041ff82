/* SPDX-License-Identifier: MIT */
#include "packet/tcp_segment.h"

#include <string.h>

enum {
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	TCP_SIZE = 20,
	SCALE_SIZE = 4, /* of the option that makes windows large, which goes with SYN */
	PROTOCOL_TCP = 6,
	HOPS = 64
};

static void put_2(unsigned char *to, unsigned number)
{
	to[0] = (unsigned char)(number >> 8);
	to[1] = (unsigned char)number;
}

static void put_4(unsigned char *to, uint32_t number)
{
	put_2(to, number >> 16);
	put_2(to + 2, number & 0xffff);
}

/* RFC 1071; the sum goes on from an earlier one of an even number of bytes. */
static uint32_t add(uint32_t sum, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (size % 2 == 1)
		sum += (uint32_t)bytes[size - 1] << 8;
	return sum;
}

static unsigned fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t write_ip(const struct tcp_segment *segment, size_t size, unsigned char *to)
{
	const struct tcp_end *from = segment->from;

	if (from->is_v6) {
		memset(to, 0, IPV6_SIZE);
		to[0] = 0x60;
		put_2(to + 4, (unsigned)size);
		to[6] = PROTOCOL_TCP;
		to[7] = HOPS;
		memcpy(to + 8, from->address, 16);
		memcpy(to + 24, segment->to->address, 16);
		return IPV6_SIZE;
	}
	memset(to, 0, IPV4_SIZE);
	to[0] = 0x45;
	put_2(to + 2, (unsigned)(IPV4_SIZE + size));
	to[6] = 0x40; /* don't fragment */
	to[8] = HOPS;
	to[9] = PROTOCOL_TCP;
	memcpy(to + 12, from->address, 4);
	memcpy(to + 16, segment->to->address, 4);
	put_2(to + 10, fold(add(0, to, IPV4_SIZE)));
	return IPV4_SIZE;
}

static size_t write_tcp(const struct tcp_segment *segment, unsigned char *to)
{
	static const unsigned char scale[SCALE_SIZE] = {3, 3, 14, 1};
	size_t head = TCP_SIZE;

	memset(to, 0, TCP_SIZE);
	put_2(to, segment->from->port);
	put_2(to + 2, segment->to->port);
	put_4(to + 4, segment->sequence);
	put_4(to + 8, segment->acknowledged);
	to[13] = (unsigned char)segment->flags;
	put_2(to + 14, 0xffff);
	if ((segment->flags & TCP_SYN) != 0) {
		memcpy(to + TCP_SIZE, scale, SCALE_SIZE);
		head += SCALE_SIZE;
	}
	to[12] = (unsigned char)(head / 4 << 4);
	if (segment->size > 0)
		memcpy(to + head, segment->payload, segment->size);
	return head + segment->size;
}

/* RFC 9293 section 3.1: with the addresses, the protocol and the size in front. */
static unsigned sum_tcp(const struct tcp_segment *segment, const unsigned char *tcp, size_t size)
{
	size_t address_size = segment->from->is_v6 ? 16 : 4;
	uint32_t sum = PROTOCOL_TCP + (uint32_t)size;

	sum = add(sum, segment->from->address, address_size);
	sum = add(sum, segment->to->address, address_size);
	return fold(add(sum, tcp, size));
}

size_t tcp_segment_write(const struct tcp_segment *segment, unsigned char *to)
{
	size_t ip_size = segment->from->is_v6 ? IPV6_SIZE : IPV4_SIZE;
	size_t size = write_tcp(segment, to + ip_size);

	put_2(to + ip_size + 16, sum_tcp(segment, to + ip_size, size));
	return write_ip(segment, size, to) + size;
}
