/* SPDX-License-Identifier: MIT */
#include "packet/conversation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

enum { MQTT_PORT = 1883, UNKNOWN_PORT = 49152 };

typedef int name_function(int socket, struct sockaddr *name, socklen_t *size);

static struct tcp_end find_end(int socket, name_function *get_name)
{
	/* What a socket that is none of these, or is gone, is taken for. */
	struct tcp_end end = {.address = {127, 0, 0, 1}, .port = UNKNOWN_PORT};
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name = {.v6 = {0}};
	socklen_t size = sizeof name;

	if (get_name(socket, &name.any, &size) != 0)
		return end;
	if (name.any.sa_family == AF_INET) {
		memcpy(end.address, &name.v4.sin_addr, 4);
		end.port = ntohs(name.v4.sin_port);
	} else if (name.any.sa_family == AF_INET6) {
		end.is_v6 = true;
		memcpy(end.address, &name.v6.sin6_addr, sizeof end.address);
		end.port = ntohs(name.v6.sin6_port);
	}
	return end;
}

static enum conversation_side other(enum conversation_side side)
{
	return side == CONVERSATION_CLIENT ? CONVERSATION_BROKER : CONVERSATION_CLIENT;
}

/* With the comment, if any. */
static void add(struct conversation *c, enum conversation_side from, struct tcp_segment segment,
		const char *comment)
{
	struct pcap_packet packet = {
		.segment = segment, .time_us = clock_wall_us(), .comment = comment};

	packet.segment.from = &c->ends[from];
	packet.segment.to = &c->ends[other(from)];
	packet.segment.sequence = c->next[from];
	if ((segment.flags & TCP_ACK) != 0)
		packet.segment.acknowledged = c->next[other(from)];
	capture_add(c->capture, &packet);
	c->next[from] += (uint32_t)segment.size;
	if ((segment.flags & (TCP_SYN | TCP_FIN)) != 0)
		c->next[from]++;
}

static void add_flags(struct conversation *c, enum conversation_side from, unsigned flags,
		      const char *comment)
{
	add(c, from, (struct tcp_segment){.flags = flags}, comment);
}

void conversation_begin(struct conversation *c, struct capture *capture, int socket,
			const char *comment)
{
	*c = (struct conversation){.capture = capture};
	c->ends[CONVERSATION_CLIENT] = find_end(socket, getsockname);
	c->ends[CONVERSATION_BROKER] = find_end(socket, getpeername);
	c->ends[CONVERSATION_BROKER].port = MQTT_PORT;
	c->next[CONVERSATION_CLIENT] = capture_sequence(capture);
	c->next[CONVERSATION_BROKER] = ~c->next[CONVERSATION_CLIENT];
	add_flags(c, CONVERSATION_CLIENT, TCP_SYN, comment);
	add_flags(c, CONVERSATION_BROKER, TCP_SYN | TCP_ACK, NULL);
	add_flags(c, CONVERSATION_CLIENT, TCP_ACK, NULL);
}

void conversation_pass(struct conversation *c, enum conversation_side from, const char *bytes,
		       size_t size)
{
	while (size > 0) {
		size_t part = size < TCP_PAYLOAD_MAX ? size : TCP_PAYLOAD_MAX;
		add(c, from,
		    (struct tcp_segment){
			    .flags = TCP_PUSH | TCP_ACK, .payload = bytes, .size = part},
		    NULL);
		bytes += part;
		size -= part;
	}
}

void conversation_end(struct conversation *c, enum conversation_side first)
{
	add_flags(c, first, TCP_FIN | TCP_ACK, NULL);
	add_flags(c, other(first), TCP_FIN | TCP_ACK, NULL);
	add_flags(c, first, TCP_ACK, NULL);
}
