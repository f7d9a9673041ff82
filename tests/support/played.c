/* SPDX-License-Identifier: MIT
 *
 * Sources: MQTT 5.0 and MQTT 3.1.1, section 3 of each.
 */
#include "played.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "expect.h"
#include "suite.h"

enum { RECEIVE_MAXIMUM = 0x21 };

void played_start(struct played *played)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof here;

	played->peer = -1;
	played->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(played->listener, (struct sockaddr *)&here, size), 0);
	ck_assert_int_eq(listen(played->listener, 8), 0);
	ck_assert_int_eq(getsockname(played->listener, (struct sockaddr *)&here, &size), 0);
	snprintf(played->uri, sizeof played->uri, "mqtt://127.0.0.1:%u",
		 (unsigned)ntohs(here.sin_port));
}

void played_stop(struct played *played)
{
	played_cut(played);
	close(played->listener);
}

void played_cut(struct played *played)
{
	if (played->peer >= 0)
		close(played->peer);
	played->peer = -1;
}

void played_read_bytes(const struct played *played, void *to, size_t size)
{
	ck_assert_int_eq(recv(played->peer, to, size, MSG_WAITALL), (ssize_t)size);
}

static size_t read_length(const struct played *played)
{
	size_t length = 0;
	unsigned char byte;

	for (unsigned shift = 0; shift <= 21; shift += 7) {
		played_read_bytes(played, &byte, 1);
		length |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return length;
	}
	ck_abort_msg("the client sent a length that is none");
	return 0;
}

static uint16_t number_at(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void read_publish(const struct played *played, struct played_packet *packet,
			 const unsigned char *body, size_t size)
{
	size_t at = 2 + (size_t)number_at(body);

	if (packet->qos > 0) {
		packet->id = number_at(body + at);
		at += 2;
	}
	if (played->version_5)
		at += 1 + (size_t)body[at];
	ck_assert_uint_lt(size - at, PLAYED_PAYLOAD_MAX);
	memcpy(packet->payload, body + at, size - at);
}

struct played_packet played_read(const struct played *played)
{
	unsigned char first, body[512];
	struct played_packet packet = {0};

	played_read_bytes(played, &first, 1);
	size_t size = read_length(played);
	ck_assert_uint_le(size, sizeof body);
	played_read_bytes(played, body, size);
	packet.type = first >> 4;
	packet.dup = (first & 0x08) != 0;
	packet.qos = first >> 1 & 3;
	if (packet.type == PLAYED_PUBLISH)
		read_publish(played, &packet, body, size);
	else if (size >= 2 && packet.type != PLAYED_CONNECT)
		packet.id = number_at(body);
	return packet;
}

void played_say(const struct played *played, const void *bytes, size_t size)
{
	ck_assert_int_eq(send(played->peer, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

void played_answer(const struct played *played, unsigned type, uint16_t id)
{
	const unsigned char bytes[] = {(unsigned char)(type << 4), 2, (unsigned char)(id >> 8),
				       (unsigned char)id};

	played_say(played, bytes, sizeof bytes);
}

void played_answer_with_code(const struct played *played, unsigned type, uint16_t id,
			     unsigned char code)
{
	const unsigned char bytes[] = {(unsigned char)(type << 4), 3, (unsigned char)(id >> 8),
				       (unsigned char)id, code};

	played_say(played, bytes, sizeof bytes);
}

void played_welcome_with(struct played *played, const void *connack, size_t size)
{
	const struct timeval patience = {.tv_sec = EXPECT_MS / 1000};

	played->peer = accept(played->listener, NULL, NULL);
	ck_assert_int_ge(played->peer, 0);
	setsockopt(played->peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ck_assert_uint_eq(played_read(played).type, PLAYED_CONNECT);
	played_say(played, connack, size);
}

void played_welcome(struct played *played, bool present, unsigned char receive_maximum)
{
	const unsigned char old[] = {0x20, 2, present, 0};
	const unsigned char plain[] = {0x20, 3, present, 0, 0};
	const unsigned char limited[] = {0x20,           6, present, 0, 3, RECEIVE_MAXIMUM, 0,
					 receive_maximum};

	if (!played->version_5)
		played_welcome_with(played, old, sizeof old);
	else if (receive_maximum == 0)
		played_welcome_with(played, plain, sizeof plain);
	else
		played_welcome_with(played, limited, sizeof limited);
}
