/* SPDX-License-Identifier: MIT */
#include "outbox/store_sum.h"

/* FNV-1a, 64 bits. Source: draft-eastlake-fnv. */
static const uint64_t start = 0xcbf29ce484222325u;
static const uint64_t prime = 0x100000001b3u;

static uint64_t add_bytes(uint64_t sum, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ byte[i]) * prime;
	return sum;
}

/* In an order of its own: a file may move to another machine. */
static uint64_t add_number(uint64_t sum, uint64_t number)
{
	for (int shift = 0; shift < 64; shift += 8)
		sum = (sum ^ ((number >> shift) & 0xff)) * prime;
	return sum;
}

static uint64_t add_text(uint64_t sum, const void *bytes, size_t size)
{
	return add_bytes(add_number(sum, size), bytes, size);
}

int64_t store_sum_message(const struct store_row *row)
{
	const struct outbox_message *message = &row->message;
	uint64_t sum = add_bytes(start, "m", 1);

	sum = add_number(sum, message->id);
	sum = add_number(sum, (uint64_t)message->time_ms);
	sum = add_number(sum, (uint64_t)message->expires_ms);
	sum = add_number(sum, (uint64_t)message->qos);
	sum = add_number(sum, (uint64_t)message->retain);
	sum = add_number(sum, row->total);
	sum = add_text(sum, message->topic, row->topic_size);
	sum = add_text(sum, message->payload, message->size);
	/* Rows of version 1 have none. */
	if (message->epoch != 0 || message->seq != 0)
		sum = add_number(add_number(sum, message->epoch), message->seq);
	return (int64_t)sum;
}

int64_t store_sum_totals(const struct store_totals *totals)
{
	uint64_t sum = add_bytes(start, "n", 1);

	sum = add_number(sum, totals->last_id);
	sum = add_number(sum, totals->accepted_bytes);
	sum = add_number(sum, totals->removed_rows);
	return (int64_t)add_number(sum, totals->removed_bytes);
}

int64_t store_sum_flight(uint64_t id, uint16_t packet_id, bool released)
{
	uint64_t sum = add_number(add_bytes(start, "f", 1), id);

	return (int64_t)add_number(add_number(sum, packet_id), released);
}

int64_t store_sum_received(uint16_t packet_id, const void *packet, size_t size)
{
	return (int64_t)add_text(add_number(add_bytes(start, "r", 1), packet_id), packet, size);
}

int64_t store_sum_text(const char *name, size_t name_size, const char *text, size_t text_size)
{
	return (int64_t)add_text(add_text(add_bytes(start, "t", 1), name, name_size), text,
				 text_size);
}
