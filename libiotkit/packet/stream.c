/* SPDX-License-Identifier: MIT */
#include "packet/stream.h"

void packet_stream_begin(struct packet_stream *stream, const struct packet_stream_sink *sink)
{
	*stream = (struct packet_stream){.sink = *sink};
	buffer_init(&stream->kept, PACKET_STREAM_KEPT_MAX);
}

/* What there is no memory for is missing in what is told, with all behind it: there must be no
 * gap, or fields would be taken for others. */
static void keep(struct packet_stream *stream, const char *bytes, size_t size)
{
	size_t room = PACKET_STREAM_KEPT_MAX - stream->kept.size;
	bool is_whole = stream->kept.size == stream->passed;

	stream->passed += size;
	if (is_whole)
		(void)buffer_append(&stream->kept, bytes, size < room ? size : room);
}

static void tell(struct packet_stream *stream, const char *bytes, size_t size)
{
	const struct packet_stream_sink *sink = &stream->sink;

	if (stream->passed == 0) {
		size_t kept = size < PACKET_STREAM_KEPT_MAX ? size : PACKET_STREAM_KEPT_MAX;
		sink->packet(sink->context, bytes, kept, size);
		return;
	}
	keep(stream, bytes, size);
	if (stream->kept.size > 0)
		sink->packet(sink->context, stream->kept.bytes, stream->kept.size, stream->passed);
	buffer_clear(&stream->kept);
	stream->passed = 0;
}

/* To the end of what is known to belong together: the type, a byte of the length, the body. */
static size_t step(struct packet_stream *stream, const char *bytes, size_t size)
{
	size_t rest = framing_rest(&stream->framing);
	size_t taken = rest == 0 ? 1 : rest < size ? rest : size;

	framing_pass(&stream->framing, bytes, taken);
	return taken;
}

void packet_stream_pass(struct packet_stream *stream, const char *bytes, size_t size)
{
	size_t begun = 0;

	for (size_t at = 0; at < size && !stream->is_broken;) {
		at += step(stream, bytes + at, size - at);
		stream->is_broken = stream->framing.expects == FRAMING_BROKEN;
		if (framing_is_between(&stream->framing) || stream->is_broken) {
			tell(stream, bytes + begun, at - begun);
			begun = at;
		}
	}
	if (begun < size && !stream->is_broken)
		keep(stream, bytes + begun, size - begun);
}

void packet_stream_end(struct packet_stream *stream)
{
	if (stream->passed > 0)
		tell(stream, "", 0);
	buffer_free(&stream->kept);
}
