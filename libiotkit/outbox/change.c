/* SPDX-License-Identifier: MIT */
#include "outbox/change.h"

#include <string.h>

#include "outbox/little_endian.h"

enum {
	KIND_AT = 4,
	FLAGS_AT = 5,
	PACKET_ID_AT = 6,
	ID_AT = 8,
	NUMBER_AT = 16,
	FIRST_SIZE_AT = 24,
	HEAD_SIZE = 32,
	TIMES_SIZE = 32 /* of a message */
};

enum { FLAG_QOS = 3, FLAG_RETAIN = 4, FLAG_RELEASED = 8 };

static struct change_bytes second_of(const struct change *change)
{
	if (change->kind != CHANGE_INSERT)
		return change->second;
	return (struct change_bytes){.at = change->message.payload, .size = change->message.size};
}

static size_t head_size(enum change_kind kind)
{
	return HEAD_SIZE + (kind == CHANGE_INSERT ? TIMES_SIZE : 0);
}

size_t change_size(const struct change *change)
{
	return head_size(change->kind) + change->first.size + second_of(change).size;
}

static unsigned char flags_of(const struct change *change)
{
	const struct outbox_message *message = &change->message;
	int flags = change->released ? FLAG_RELEASED : 0;

	if (change->kind == CHANGE_INSERT)
		flags = (message->qos & FLAG_QOS) | (message->retain != 0 ? FLAG_RETAIN : 0);
	return (unsigned char)flags;
}

static void put_message(unsigned char *at, const struct outbox_message *message)
{
	put_u64(at, (uint64_t)message->time_ms);
	put_u64(at + 8, (uint64_t)message->expires_ms);
	put_u64(at + 16, message->epoch);
	put_u64(at + 24, message->seq);
}

static unsigned char *put_bytes(unsigned char *at, struct change_bytes bytes)
{
	if (bytes.size > 0)
		memcpy(at, bytes.at, bytes.size);
	return at + bytes.size;
}

iotkit_status change_write(const struct change *change, struct buffer *buffer)
{
	size_t size = change_size(change);
	char *room;
	iotkit_status status = buffer_extend(buffer, size, &room);

	if (status != IOTKIT_OK)
		return status;
	unsigned char *at = (unsigned char *)room;
	bool is_message = change->kind == CHANGE_INSERT;
	put_u32(at, (uint32_t)size);
	at[KIND_AT] = (unsigned char)change->kind;
	at[FLAGS_AT] = flags_of(change);
	at[PACKET_ID_AT] = (unsigned char)change->packet_id;
	at[PACKET_ID_AT + 1] = (unsigned char)(change->packet_id >> 8);
	put_u64(at + ID_AT, is_message ? change->message.id : change->id);
	put_u64(at + NUMBER_AT, change->bytes);
	put_u32(at + FIRST_SIZE_AT, (uint32_t)change->first.size);
	put_u32(at + FIRST_SIZE_AT + 4, 0);
	if (is_message)
		put_message(at + HEAD_SIZE, &change->message);
	put_bytes(put_bytes(at + head_size(change->kind), change->first), second_of(change));
	return IOTKIT_OK;
}

static void get_message(const unsigned char *record, struct change *out)
{
	const unsigned char *times = record + HEAD_SIZE;
	int flags = record[FLAGS_AT];

	out->message = (struct outbox_message){
		.id = out->id,
		.topic = out->first.at,
		.payload = out->second.at,
		.size = out->second.size,
		.qos = flags & FLAG_QOS,
		.retain = (flags & FLAG_RETAIN) != 0,
		.time_ms = (int64_t)get_u64(times),
		.expires_ms = (int64_t)get_u64(times + 8),
		.epoch = get_u64(times + 16),
		.seq = get_u64(times + 24),
	};
}

bool change_read(const unsigned char **at, const unsigned char *end, struct change *out)
{
	const unsigned char *record = *at;
	size_t left = (size_t)(end - record);

	if (left < HEAD_SIZE)
		return false;
	size_t size = get_u32(record), head = head_size((enum change_kind)record[KIND_AT]);
	size_t first = get_u32(record + FIRST_SIZE_AT);
	if (size > left || size < head || first > size - head)
		return false;
	*out = (struct change){
		.kind = (enum change_kind)record[KIND_AT],
		.packet_id =
			(uint16_t)(record[PACKET_ID_AT] | (unsigned)record[PACKET_ID_AT + 1] << 8),
		.released = (record[FLAGS_AT] & FLAG_RELEASED) != 0,
		.id = get_u64(record + ID_AT),
		.bytes = get_u64(record + NUMBER_AT),
		.first = {.at = record + head, .size = first},
		.second = {.at = record + head + first, .size = size - head - first},
	};
	if (out->kind == CHANGE_INSERT)
		get_message(record, out);
	*at = record + size;
	return true;
}

static bool is_sound(const struct change *change)
{
	if (change->kind == CHANGE_INSERT)
		return change->id > 0 && change->id < INT64_MAX && change->message.qos <= 2;
	if (change->kind == CHANGE_SET_FLIGHT)
		return change->packet_id != 0;
	return change->kind >= CHANGE_REMOVE && change->kind <= CHANGE_REMOVE_TEXT;
}

bool change_all_are_sound(const unsigned char *at, const unsigned char *end)
{
	struct change change;

	while (at < end)
		if (!change_read(&at, end, &change) || !is_sound(&change))
			return false;
	return true;
}
