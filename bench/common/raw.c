/* SPDX-License-Identifier: MIT */
#include "raw.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define PATIENCE_NS INT64_C(10000000000)

enum { MOST_LENGTH_BYTES = 4 };

/* ---- writing ---- */

void raw_flush(struct raw *raw)
{
	size_t done = 0;

	while (done < raw->to_write) {
		ssize_t n = send(raw->fd, raw->out + done, raw->to_write - done, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			load_fail("raw: cannot write: %s", strerror(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	raw->to_write = 0;
}

static void put(struct raw *raw, const void *bytes, size_t size)
{
	memcpy(raw->out + raw->to_write, bytes, size);
	raw->to_write += size;
}

static void put_byte(struct raw *raw, size_t value)
{
	raw->out[raw->to_write++] = (unsigned char)value;
}

static void put_16(struct raw *raw, size_t value)
{
	put_byte(raw, value >> 8);
	put_byte(raw, value & 0xff);
}

static void put_text(struct raw *raw, const char *text)
{
	put_16(raw, strlen(text));
	put(raw, text, strlen(text));
}

/* Makes room for the packet first. */
static void put_header(struct raw *raw, unsigned first, size_t rest)
{
	if (rest + 1 + MOST_LENGTH_BYTES > RAW_BUFFER)
		load_fail("raw: a packet of %zu bytes is too large", rest);
	if (raw->to_write + rest + 1 + MOST_LENGTH_BYTES > RAW_BUFFER)
		raw_flush(raw);
	put_byte(raw, first);
	for (; rest >= 0x80; rest >>= 7)
		put_byte(raw, 0x80 | (rest & 0x7f));
	put_byte(raw, rest);
}

static uint16_t new_id(struct raw *raw)
{
	if (++raw->next_id == 0)
		raw->next_id = 1;
	return raw->next_id;
}

void raw_publish(struct raw *raw, const char *topic, const void *payload, size_t size, int qos)
{
	put_header(raw, 0x30 | (unsigned)qos << 1,
		   2 + strlen(topic) + (qos > 0 ? 2 : 0) + 1 + size);
	put_text(raw, topic);
	if (qos > 0)
		put_16(raw, new_id(raw));
	put_byte(raw, 0); /* no properties */
	put(raw, payload, size);
}

void raw_answer(struct raw *raw, enum raw_type type, uint16_t id)
{
	put_header(raw, (unsigned)type << 4 | (type == RAW_PUBREL ? 2 : 0), 2);
	put_16(raw, id);
}

/* ---- reading ---- */

/* Returns whether anything came. */
static bool fill(struct raw *raw, int64_t moment_ns)
{
	memmove(raw->in, raw->in + raw->begin, raw->end - raw->begin);
	raw->end -= raw->begin;
	raw->begin = 0;
	if (raw->end == RAW_BUFFER)
		load_fail("raw: a packet is too large");
	if (moment_ns != INT64_MAX && !load_readable(raw->fd, moment_ns))
		return false;
	ssize_t n = recv(raw->fd, raw->in + raw->end, RAW_BUFFER - raw->end, 0);
	if (n <= 0)
		load_fail("raw: the connection ended: %s",
			  n < 0 ? strerror(errno) : "by the broker");
	raw->end += (size_t)n;
	return true;
}

/* A length of up to 4 bytes. Returns how many it has, 0 when they have not all come. */
static size_t read_length(const unsigned char *at, size_t size, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < size && i < MOST_LENGTH_BYTES; i++) {
		*length |= (size_t)(at[i] & 0x7f) << 7 * i;
		if ((at[i] & 0x80) == 0)
			return i + 1;
	}
	return 0;
}

static uint16_t read_16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void understand(const unsigned char *at, size_t size, unsigned flags,
		       struct raw_packet *packet)
{
	const unsigned char *end = at + size;
	size_t properties;

	if (packet->type != RAW_PUBLISH) {
		packet->id = packet->type != RAW_CONNACK && size >= 2 ? read_16(at) : 0;
		return;
	}
	packet->qos = flags >> 1 & 3;
	packet->topic_size = read_16(at);
	packet->topic = at + 2;
	at += 2 + packet->topic_size;
	if (packet->qos > 0) {
		packet->id = read_16(at);
		at += 2;
	}
	at += read_length(at, (size_t)(end - at), &properties);
	packet->payload = at + properties;
	packet->payload_size = (size_t)(end - packet->payload);
}

/* Returns whether all of a packet has come. */
static bool take(struct raw *raw, struct raw_packet *packet)
{
	const unsigned char *at = raw->in + raw->begin;
	size_t have = raw->end - raw->begin, rest, bytes;

	if (have < 2)
		return false;
	bytes = read_length(at + 1, have - 1, &rest);
	if (bytes == 0 || have < 1 + bytes + rest)
		return false;
	*packet = (struct raw_packet){.type = at[0] >> 4};
	understand(at + 1 + bytes, rest, at[0] & 0xfU, packet);
	raw->begin += 1 + bytes + rest;
	return true;
}

bool raw_next(struct raw *raw, struct raw_packet *packet, int64_t moment_ns)
{
	while (!take(raw, packet))
		if (!fill(raw, moment_ns))
			return false;
	return true;
}

/* ---- the connection ---- */

static void expect(struct raw *raw, enum raw_type type)
{
	struct raw_packet packet;

	raw_flush(raw);
	if (!raw_next(raw, &packet, load_now_ns() + PATIENCE_NS) || packet.type != type)
		load_fail("raw: the broker does not answer as it should");
}

void raw_connect(struct raw *raw, int port, const char *client_id)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1;

	raw->fd = socket(AF_INET, SOCK_STREAM, 0);
	raw->to_write = raw->begin = raw->end = 0;
	raw->next_id = 0;
	if (raw->fd < 0 || connect(raw->fd, (struct sockaddr *)&address, sizeof address) != 0)
		load_fail("raw: cannot connect: %s", strerror(errno));
	setsockopt(raw->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	put_header(raw, 0x10, 2 + 4 + 1 + 1 + 2 + 1 + 2 + strlen(client_id));
	put_text(raw, "MQTT");
	put_byte(raw, 5);
	put_byte(raw, 2); /* clean start */
	put_16(raw, 0); /* no keep-alive */
	put_byte(raw, 0); /* no properties */
	put_text(raw, client_id);
	expect(raw, RAW_CONNACK);
}

void raw_subscribe(struct raw *raw, const char *filter, int qos)
{
	put_header(raw, 0x82, 2 + 1 + 2 + strlen(filter) + 1);
	put_16(raw, new_id(raw));
	put_byte(raw, 0); /* no properties */
	put_text(raw, filter);
	put_byte(raw, (size_t)qos);
	expect(raw, RAW_SUBACK);
}

void raw_disconnect(struct raw *raw)
{
	put_header(raw, 0xe0, 0);
	raw_flush(raw);
	close(raw->fd);
}
