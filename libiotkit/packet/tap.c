/* SPDX-License-Identifier: MIT */
#include "packet/tap.h"

#include "packet/text.h"

enum { VERSION_5 = 5, VERSION_AT = 6, MASK_PIECE = 512 };

/* A CONNECT: its version tells how to read all that follows. */
static bool says_version_5(const struct packet_facts *facts)
{
	return facts->body.left > VERSION_AT && facts->body.at[VERSION_AT] == VERSION_5;
}

static void look(struct tap *tap, struct packet_seen *seen)
{
	struct packet_facts facts;
	struct phrase phrase;

	seen->version_5 = tap->is_version_5;
	packet_read(seen, &facts);
	if (facts.type == PACKET_CONNECT && seen->sent)
		seen->version_5 = tap->is_version_5 = says_version_5(&facts);
	packet_tell(seen, &facts, &phrase);
	tap->viewer.packet(tap->viewer.context, &facts, phrase.text);
}

static void on_packet(void *context, const char *bytes, size_t kept, uint64_t passed)
{
	const struct tap_stream *stream = context;
	struct packet_seen seen = {.sent = stream == &stream->tap->sent,
				   .bytes = (const unsigned char *)bytes,
				   .kept = kept,
				   .passed = passed};

	look(stream->tap, &seen);
}

static void begin_stream(struct tap *tap, struct tap_stream *stream)
{
	const struct packet_stream_sink sink = {.context = stream, .packet = on_packet};

	stream->tap = tap;
	packet_stream_begin(&stream->packets, &sink);
}

void tap_begin(struct tap *tap, const struct tap_viewer *viewer, int socket, const char *comment)
{
	*tap = (struct tap){.viewer = *viewer};
	begin_stream(tap, &tap->sent);
	begin_stream(tap, &tap->received);
	if (viewer->capture != NULL)
		conversation_begin(&tap->conversation, viewer->capture, socket, comment);
}

static void show(struct tap *tap, enum conversation_side from, const char *bytes, size_t size)
{
	struct tap_stream *stream = from == CONVERSATION_CLIENT ? &tap->sent : &tap->received;

	if (tap->viewer.capture != NULL)
		conversation_pass(&tap->conversation, from, bytes, size);
	if (tap->viewer.packet != NULL)
		packet_stream_pass(&stream->packets, bytes, size);
}

void tap_sent(struct tap *tap, const char *bytes, size_t size)
{
	char piece[MASK_PIECE];

	while (size > 0 && !mask_is_over(&tap->mask)) {
		size_t part = size < sizeof piece ? size : sizeof piece;
		mask_copy(&tap->mask, piece, bytes, part);
		show(tap, CONVERSATION_CLIENT, piece, part);
		bytes += part;
		size -= part;
	}
	if (size > 0)
		show(tap, CONVERSATION_CLIENT, bytes, size);
}

void tap_received(struct tap *tap, const char *bytes, size_t size)
{
	show(tap, CONVERSATION_BROKER, bytes, size);
}

void tap_note_end(struct tap *tap)
{
	tap->broker_left = true;
}

void tap_flush(struct tap *tap)
{
	if (tap->viewer.capture != NULL)
		capture_flush(tap->viewer.capture);
}

void tap_end(struct tap *tap)
{
	packet_stream_end(&tap->sent.packets);
	packet_stream_end(&tap->received.packets);
	if (tap->viewer.capture == NULL)
		return;
	conversation_end(&tap->conversation,
			 tap->broker_left ? CONVERSATION_BROKER : CONVERSATION_CLIENT);
	tap_flush(tap);
}
