/* SPDX-License-Identifier: MIT
 *
 * A stream of bytes, taken apart into MQTT control packets.
 */
#ifndef IOTKIT_PACKET_STREAM_H
#define IOTKIT_PACKET_STREAM_H

#include "base/buffer.h"
#include "packet/framing.h"

/* Of a packet no more is kept than this: enough for the longest topic. */
enum { PACKET_STREAM_KEPT_MAX = 72 * 1024 };

struct packet_stream {
	struct packet_stream_sink {
		void *context;
		/* The first bytes of a packet, of which so many went by: all of it, unless
		 * its length breaks the rules or the stream has ended. */
		void (*packet)(void *context, const char *bytes, size_t kept, uint64_t passed);
	} sink;
	struct framing framing;
	bool is_broken; /* nothing more can be told apart */
	struct buffer kept; /* of the packet that has begun */
	uint64_t passed; /* likewise */
};

void packet_stream_begin(struct packet_stream *stream, const struct packet_stream_sink *sink);
void packet_stream_pass(struct packet_stream *stream, const char *bytes, size_t size);

/* Tells of a packet that is not whole, and frees what was kept. */
void packet_stream_end(struct packet_stream *stream);

#endif
