/* SPDX-License-Identifier: MIT */
#include "link/answers.h"

#include <string.h>

#include "base/error.h"
#include "packet/cursor.h"
#include "packet/facts.h"
#include "packet/properties.h"

static void begin_packet(struct answers *answers, char first)
{
	unsigned type = (unsigned char)first >> 4;
	bool for_paho = type == PACKET_SUBACK || type == PACKET_UNSUBACK;

	answers->is_taken =
		type == PACKET_PUBACK || type == PACKET_PUBREC || type == PACKET_PUBCOMP;
	answers->is_told = answers->is_taken || for_paho;
	answers->kept = 0;
}

static void keep(struct answers *answers, const char *bytes, size_t size)
{
	size_t room = sizeof answers->packet - answers->kept;
	size_t taken = size < room ? size : room;

	memcpy(answers->packet + answers->kept, bytes, taken);
	answers->kept += taken;
}

static struct cursor_bytes find_reason_string(struct cursor properties)
{
	struct packet_property property;

	while (packet_property_next(&properties, &property))
		if (property.id == PACKET_REASON_STRING && !properties.is_short)
			return property.bytes;
	return (struct cursor_bytes){0};
}

static iotkit_status tell(const struct answers *answers)
{
	const struct answers_sink *sink = &answers->sink;
	struct cursor packet = {.at = answers->packet, .left = answers->kept};
	struct link_answer answer = {.type = cursor_number(&packet, 1) >> 4};

	cursor_varint(&packet);
	answer.packet_id = (uint16_t)cursor_number(&packet, 2);
	if (packet.is_short && answers->is_taken)
		return error_set(IOTKIT_EPROTOCOL,
				 "the broker answered a message with less than MQTT asks for");
	if (answers->is_taken && packet.left > 0)
		answer.code = cursor_number(&packet, 1);
	if (answers->is_taken && packet.left > 0)
		answer.words = find_reason_string(cursor_part(&packet, cursor_varint(&packet)));
	if (!packet.is_short || answer.packet_id != 0)
		sink->answered(sink->context, &answer);
	return IOTKIT_OK;
}

/* How many of the next bytes are known to belong together: the type, a byte of the length, the
 * body, or all that follows a length that breaks the rules. */
static size_t measure(const struct answers *answers, size_t size)
{
	size_t rest = framing_rest(&answers->framing);

	if (framing_is_between(&answers->framing))
		return 1;
	return rest == 0 || rest > size ? size : rest;
}

static iotkit_status pass(struct answers *answers, const char *bytes, size_t size)
{
	if (framing_is_between(&answers->framing))
		begin_packet(answers, *bytes);
	if (answers->is_told)
		keep(answers, bytes, size);
	framing_pass(&answers->framing, bytes, size);
	if (answers->framing.expects == FRAMING_BROKEN && answers->is_taken)
		return error_set(IOTKIT_EPROTOCOL,
				 "the broker answered a message with what is not MQTT");
	return framing_is_between(&answers->framing) && answers->is_told ? tell(answers)
									 : IOTKIT_OK;
}

iotkit_status answers_scan(struct answers *answers, char *bytes, size_t *size)
{
	iotkit_status status = IOTKIT_OK;
	size_t left = 0;

	if (answers->sink.answered == NULL)
		return IOTKIT_OK;
	for (size_t at = 0, step; at < *size && status == IOTKIT_OK; at += step) {
		step = measure(answers, *size - at);
		status = pass(answers, bytes + at, step);
		if (answers->is_taken)
			continue;
		if (left < at)
			memmove(bytes + left, bytes + at, step);
		left += step;
	}
	*size = left;
	return status;
}
