/* SPDX-License-Identifier: MIT */
#include "link/arrivals.h"

#include "base/error.h"
#include "packet/cursor.h"
#include "packet/facts.h"

enum {
	LENGTH_END_MAX = 5, /* where the body begins at the latest */
	PACKET_MAX = LENGTH_END_MAX + 268435455 /* section 2.1.4 */
};

void arrivals_begin(struct arrivals *arrivals, const struct arrivals_sink *sink)
{
	*arrivals = (struct arrivals){.sink = *sink};
	buffer_init(&arrivals->large, PACKET_MAX);
}

void arrivals_end(struct arrivals *arrivals)
{
	buffer_free(&arrivals->large);
}

static bool is_ours(char first)
{
	unsigned byte = (unsigned char)first, qos = byte >> 1 & 3;

	return byte >> 4 == PACKET_PUBLISH && qos < 2;
}

/* Whether what comes next is one of ours. */
static bool is_next(const struct arrivals *arrivals, const struct framing *given,
		    const struct channel *channel)
{
	if (arrivals->sink.arrived == NULL || channel_is_empty(channel))
		return false;
	return arrivals->large.size > 0 ||
	       (framing_is_between(given) && is_ours(channel->bytes[channel->begin]));
}

size_t arrivals_for_paho(const struct arrivals *arrivals, const struct framing *given,
			 const struct channel *channel)
{
	struct framing framing = *given;
	const char *bytes = channel->bytes + channel->begin;
	size_t size = channel->end - channel->begin, at = 0;

	if (arrivals->sink.arrived == NULL)
		return size;
	if (arrivals->large.size > 0)
		return 0;
	while (at < size) {
		size_t rest = framing_rest(&framing);
		bool is_between = framing_is_between(&framing);
		if (is_between && is_ours(bytes[at]))
			break;
		size_t step = is_between ? 1 : rest == 0 || rest > size - at ? size - at : rest;
		framing_pass(&framing, bytes + at, step);
		at += step;
	}
	return at;
}

enum extent { UNKNOWN, KNOWN, BROKEN };

/* How large the packet is that begins there. */
static enum extent measure(const char *bytes, size_t size, size_t *out)
{
	struct cursor packet = {.at = (const unsigned char *)bytes, .left = size};

	cursor_number(&packet, 1);
	uint32_t length = cursor_varint(&packet);
	if (packet.is_short)
		return size < LENGTH_END_MAX ? UNKNOWN : BROKEN;
	*out = (size_t)(packet.at - (const unsigned char *)bytes) + length;
	return KNOWN;
}

/* What can be done with the message that comes next. */
enum step { WAIT, TAKE, GATHER, REFUSE };

static enum step judge(const struct arrivals *arrivals, const struct channel *channel, size_t *size)
{
	size_t there = channel->end - channel->begin;

	if (arrivals->large.size > 0)
		return GATHER;
	enum extent extent = measure(channel->bytes + channel->begin, there, size);
	if (extent != KNOWN)
		return extent == BROKEN ? REFUSE : WAIT;
	if (*size > CHANNEL_SIZE)
		return GATHER;
	return *size <= there ? TAKE : WAIT;
}

bool arrivals_are_due(const struct arrivals *arrivals, const struct framing *given,
		      const struct channel *channel)
{
	size_t size;

	return is_next(arrivals, given, channel) && judge(arrivals, channel, &size) != WAIT &&
	       arrivals->sink.may_arrive(arrivals->sink.context);
}

static iotkit_status take(struct arrivals *arrivals, struct channel *channel, size_t size)
{
	char *packet = channel->bytes + channel->begin;

	channel->begin += size;
	return arrivals->sink.arrived(arrivals->sink.context, packet, size);
}

/* What there is goes on in memory of its own. */
static iotkit_status gather(struct arrivals *arrivals, struct channel *channel)
{
	struct buffer *large = &arrivals->large;
	const char *bytes = channel->bytes + channel->begin;
	size_t there = channel->end - channel->begin, size = 0;

	measure(large->size > 0 ? large->bytes : bytes, large->size > 0 ? large->size : there,
		&size);
	size_t rest = size - large->size;
	size_t step = there < rest ? there : rest;
	iotkit_status status = buffer_append(large, bytes, step);
	channel->begin += step;
	if (status != IOTKIT_OK || large->size < size)
		return status;
	status = arrivals->sink.arrived(arrivals->sink.context, large->bytes, size);
	buffer_free(large);
	return status;
}

static iotkit_status refuse(void)
{
	return error_set(IOTKIT_EPROTOCOL, "the broker sent a message with a length of more bytes "
					   "than MQTT allows");
}

iotkit_status arrivals_take(struct arrivals *arrivals, const struct framing *given,
			    struct channel *channel, size_t *moved)
{
	iotkit_status status = IOTKIT_OK;
	size_t size = 0, began = channel->end - channel->begin;

	while (status == IOTKIT_OK && is_next(arrivals, given, channel)) {
		enum step step = judge(arrivals, channel, &size);
		if (step == WAIT && channel->ended)
			channel->begin = channel->end;
		if (step == WAIT || !arrivals->sink.may_arrive(arrivals->sink.context))
			break;
		if (step == TAKE)
			status = take(arrivals, channel, size);
		else
			status = step == GATHER ? gather(arrivals, channel) : refuse();
	}
	*moved += began - (channel->end - channel->begin);
	return status;
}
