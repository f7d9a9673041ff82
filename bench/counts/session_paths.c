/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "api/handle.h"
#include "mqtt/packet.h"
#include "packet/framing.h"
#include "packet/stream.h"
#include "paths.h"

enum { PACKET_MAX = 1024, STREAM_SIZE = 64 << 10 };

static const char topic[] = "iotkit/bench/message";
static const char payload[64] = "what a small message has to say, padded with spaces to 64 bytes";

/* ---- Out of the outbox ---- */

static struct outbox *outbox;
static struct buffer packet;

static void make_packet(const struct outbox_message *message)
{
	paths_expect(packet_head(message, 7, false, true, &packet), "packet_head()");
	paths_expect(buffer_append(&packet, message->payload, message->size), "buffer_append()");
}

static void append(void)
{
	const struct outbox_message message = {
		.topic = topic, .payload = payload, .size = sizeof payload, .qos = 1};

	buffer_clear(&packet);
	paths_expect(outbox_append(outbox, &message, OUTBOX_QUEUED, NULL), "outbox_append()");
}

static void begin_outbox(void)
{
	const struct outbox_listener nobody = {0};
	const struct outbox_limits limits = {.max_rows = 1000, .max_bytes = 1000000};

	buffer_init(&packet, PACKET_MAX);
	paths_expect(outbox_open(&nobody, &outbox), "outbox_open()");
	outbox_set_limits(outbox, &limits);
	append();
}

static void end_outbox(void)
{
	outbox_close(outbox);
	buffer_free(&packet);
}

static void send_and_acknowledge(void)
{
	struct outbox_message message;

	if (!outbox_next(outbox, OUTBOX_BACKLOG, &message))
		paths_fail("the outbox is empty");
	make_packet(&message);
	outbox_acknowledge(outbox, message.id);
}

/* ---- Into events ---- */

static iotkit *iot;
static struct session_sink sink;

static void begin_inbound(void)
{
	paths_expect(iotkit_open(NULL, &iot), "iotkit_open()");
	sink = downlink_sink(iot);
}

static void end_inbound(void)
{
	iotkit_close(iot);
}

static void receive(void)
{
	const struct session_message message = {
		.topic = topic, .payload = payload, .size = sizeof payload, .qos = 0};

	sink.message(sink.context, &message);
	if (iotkit_next_event(iot, 0) == NULL)
		paths_fail("no event came");
}

/* ---- A stream of packets ---- */

static char stream[STREAM_SIZE];
static struct framing framing;
static struct packet_stream packets;
static size_t packets_seen;

static void on_packet(void *context, const char *bytes, size_t kept, uint64_t passed)
{
	(void)context, (void)bytes, (void)kept, (void)passed;
	packets_seen++;
}

static void begin_stream(void)
{
	static const struct packet_stream_sink counter = {.packet = on_packet};
	const struct outbox_message message = {
		.topic = topic, .payload = payload, .size = sizeof payload, .qos = 0};

	buffer_init(&packet, PACKET_MAX);
	make_packet(&message);
	for (size_t i = 0; i < sizeof stream; i++)
		stream[i] = packet.bytes[i % packet.size];
	framing = (struct framing){0};
	packet_stream_begin(&packets, &counter);
}

static void end_stream(void)
{
	packet_stream_end(&packets);
	buffer_free(&packet);
}

static void frame(void)
{
	framing_pass(&framing, stream, sizeof stream / packet.size * packet.size);
}

static void take_apart(void)
{
	packet_stream_pass(&packets, stream, sizeof stream / packet.size * packet.size);
}

struct paths session_paths(void)
{
	static const struct path items[] = {
		{"session: next, packet, acknowledge", begin_outbox, send_and_acknowledge, append,
		 end_outbox},
		{"session: message, event, taken", begin_inbound, receive, NULL, end_inbound},
		{"packets: framing 64 KiB", begin_stream, frame, NULL, end_stream},
		{"packets: taking 64 KiB apart", begin_stream, take_apart, NULL, end_stream},
	};

	return (struct paths){items, sizeof items / sizeof items[0]};
}
