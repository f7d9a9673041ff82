/* SPDX-License-Identifier: MIT */
#include "packet/facts.h"

bool packet_is_dup(const struct packet_facts *facts)
{
	return (facts->flags & 0x08) != 0;
}

unsigned packet_qos(const struct packet_facts *facts)
{
	return facts->flags >> 1 & 3;
}

bool packet_is_retained(const struct packet_facts *facts)
{
	return (facts->flags & 0x01) != 0;
}

static bool begins_with_id(unsigned type)
{
	return type >= PACKET_PUBACK && type <= PACKET_UNSUBACK;
}

static void read_publish(struct packet_facts *facts, bool version_5)
{
	struct cursor *body = &facts->body;
	const unsigned char *begin = body->at;

	facts->topic = cursor_field(body);
	if (packet_qos(facts) > 0)
		facts->id = (uint16_t)cursor_number(body, 2);
	if (version_5)
		facts->properties = cursor_part(body, cursor_varint(body));
	else
		facts->properties = cursor_part(body, 0);
	size_t head = (size_t)(body->at - begin);
	if (!body->is_short)
		facts->payload_size -= head;
	else
		facts->payload_size = 0;
}

void packet_read(const struct packet_seen *seen, struct packet_facts *out)
{
	struct cursor all = {.at = seen->bytes, .left = seen->kept};
	uint32_t first = cursor_number(&all, 1);
	uint32_t length = cursor_varint(&all);

	*out = (struct packet_facts){.type = first >> 4, .flags = first & 0x0f, .body = all};
	if (!all.is_short)
		out->size = (size_t)(all.at - seen->bytes) + (uint64_t)length;
	if (out->body.left > length)
		out->body.left = length;
	if (begins_with_id(out->type))
		out->id = (uint16_t)cursor_number(&out->body, 2);
	if (out->type != PACKET_PUBLISH)
		return;
	out->payload_size = length;
	read_publish(out, seen->version_5);
}
