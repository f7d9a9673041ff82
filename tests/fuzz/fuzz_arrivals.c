/* SPDX-License-Identifier: MIT
 *
 * Bytes as what a broker sends, of which messages with QoS 0 and 1 are taken out, as the link does.
 * Promised for any of them: what is taken and what is left for paho does not depend on the pieces
 * in which they come, nor on when messages may arrive; a stream that has ended leaves nothing; and
 * a stream that breaks the rules is an error in whatever pieces.
 *
 * Zeros follow on the beginning of a message larger than the channel, so that it ends. To paho they
 * are packets.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "link/arrivals.h"

enum {
	BYTES_MAX = CHANNEL_SIZE,
	ZEROS = CHANNEL_SIZE + 8192 /* not all ends in them: some messages are cut */
};

/* All that was taken and left, each as one number. */
struct outcome {
	uint64_t taken;
	uint64_t left;
	iotkit_status status;
};

struct stream {
	struct outcome outcome;
	bool is_reluctant; /* every other time none may arrive */
	bool has_refused; /* the last time */
	bool may_arrive; /* one, since it was asked for */
	struct arrivals arrivals;
	struct channel channel;
	struct framing given;
};

static void add(uint64_t *sum, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*sum = *sum * 31 + ((const unsigned char *)bytes)[i];
}

static bool may_arrive(void *context)
{
	struct stream *stream = context;

	stream->has_refused = stream->is_reluctant && !stream->has_refused;
	stream->may_arrive = !stream->has_refused;
	return stream->may_arrive;
}

/* Some packets are refused. What was written into them shows when it is read again. */
static iotkit_status arrive(void *context, char *packet, size_t size)
{
	struct stream *stream = context;
	bool is_refused = (unsigned char)packet[size - 1] == 0xee;
	bool is_ours = (packet[0] & 0xf0) == 0x30 && (packet[0] & 0x04) == 0;

	if (!stream->may_arrive || !is_ours)
		abort();
	stream->may_arrive = false;
	add(&stream->outcome.taken, packet, size);
	add(&stream->outcome.taken, &size, sizeof size);
	memset(packet, 0x55, size);
	return is_refused ? IOTKIT_EPROTOCOL : IOTKIT_OK;
}

static size_t waiting(const struct stream *stream)
{
	return stream->channel.end - stream->channel.begin;
}

static void give(struct stream *stream, size_t size)
{
	const char *bytes = stream->channel.bytes + stream->channel.begin;

	if (size > waiting(stream))
		abort();
	add(&stream->outcome.left, bytes, size);
	framing_pass(&stream->given, bytes, size);
	stream->channel.begin += size;
}

/* Until it waits for more bytes. */
static void pump(struct stream *stream)
{
	struct channel *channel = &stream->channel;
	size_t moved;

	do {
		bool has_refused = stream->has_refused;
		size_t before = waiting(stream);
		moved = 0;
		stream->outcome.status =
			arrivals_take(&stream->arrivals, &stream->given, channel, &moved);
		if (moved != before - waiting(stream))
			abort();
		if (stream->outcome.status != IOTKIT_OK)
			return;
		size_t size = arrivals_for_paho(&stream->arrivals, &stream->given, channel);
		give(stream, size);
		moved += size + (stream->has_refused && !has_refused);
	} while (moved > 0);
}

/* Returns how many came, which is less than size when there is no room for them. */
static size_t come(struct stream *stream, const void *bytes, size_t size)
{
	struct channel *channel = &stream->channel;
	size_t room = CHANNEL_SIZE - waiting(stream);
	size_t count = size < room ? size : room;

	if (count == 0)
		abort();
	memmove(channel->bytes, channel->bytes + channel->begin, waiting(stream));
	channel->end = waiting(stream);
	channel->begin = 0;
	memcpy(channel->bytes + channel->end, bytes, count);
	channel->end += count;
	pump(stream);
	return count;
}

static void come_in_pieces(struct stream *stream, const void *bytes, size_t size, size_t piece)
{
	size_t at = 0;

	while (at < size && stream->outcome.status == IOTKIT_OK) {
		size_t step = size - at < piece ? size - at : piece;
		at += come(stream, (const char *)bytes + at, step);
	}
}

static struct outcome run(const uint8_t *data, size_t size, size_t piece, bool is_reluctant)
{
	static struct stream stream;
	static const char zeros[ZEROS];
	const struct arrivals_sink sink = {
		.context = &stream, .may_arrive = may_arrive, .arrived = arrive};

	stream.outcome = (struct outcome){0};
	stream.is_reluctant = is_reluctant;
	stream.has_refused = stream.may_arrive = false;
	stream.given = (struct framing){0};
	stream.channel.begin = stream.channel.end = 0;
	stream.channel.ended = false;
	arrivals_begin(&stream.arrivals, &sink);
	come_in_pieces(&stream, data, size, piece);
	if (stream.arrivals.large.size > 0)
		come_in_pieces(&stream, zeros, sizeof zeros, 1000 * piece);
	stream.channel.ended = true;
	if (stream.outcome.status == IOTKIT_OK)
		pump(&stream);
	if (stream.outcome.status == IOTKIT_OK && waiting(&stream) > 0)
		abort();
	arrivals_end(&stream.arrivals);
	return stream.outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > BYTES_MAX)
		return 0;
	struct outcome whole = run(data, size, CHANNEL_SIZE, false);
	for (size_t piece = 1; piece <= 7; piece += 2) {
		struct outcome other = run(data, size, piece, piece % 4 == 1);
		if (other.status != whole.status)
			abort();
		if (whole.status == IOTKIT_OK &&
		    (other.taken != whole.taken || other.left != whole.left))
			abort();
	}
	return 0;
}
