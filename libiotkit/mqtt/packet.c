/* SPDX-License-Identifier: MIT */
#include "mqtt/packet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	PUBLISH = 0x30,
	DUP = 0x08,
	PUBACK = 0x40,
	PUBREL = 0x62,
	MESSAGE_EXPIRY = 0x02,
	USER_PROPERTY = 0x26,
	PROPERTIES_MAX = 128,
	NUMBER_SIZE = 24 /* of epoch or seq in words */
};

uint32_t packet_expiry_s(const struct outbox_message *message)
{
	if (message->expires_ms == 0)
		return 0;
	int64_t left = (message->expires_ms - clock_wall_ms() + 999) / 1000;
	if (left < 1)
		return 1;
	return left < PACKET_LONGEST_EXPIRY_S ? (uint32_t)left : PACKET_LONGEST_EXPIRY_S;
}

static iotkit_status append_byte(struct buffer *out, unsigned byte)
{
	unsigned char bytes[1] = {(unsigned char)byte};

	return buffer_append(out, bytes, sizeof bytes);
}

static iotkit_status append_u16(struct buffer *out, size_t number)
{
	unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)number};

	return buffer_append(out, bytes, sizeof bytes);
}

static iotkit_status append_text(struct buffer *out, const char *text)
{
	iotkit_status status = append_u16(out, strlen(text));

	return status == IOTKIT_OK ? buffer_append_text(out, text) : status;
}

static iotkit_status append_length(struct buffer *out, size_t length)
{
	iotkit_status status = IOTKIT_OK;

	do {
		unsigned byte = length & 0x7f;
		length >>= 7;
		status = append_byte(out, length > 0 ? byte | 0x80 : byte);
	} while (status == IOTKIT_OK && length > 0);
	return status;
}

static iotkit_status append_user_property(struct buffer *out, const char *name, uint64_t number)
{
	char text[NUMBER_SIZE];
	iotkit_status status = append_byte(out, USER_PROPERTY);

	snprintf(text, sizeof text, "%" PRIu64, number);
	if (status == IOTKIT_OK)
		status = append_text(out, name);
	return status == IOTKIT_OK ? append_text(out, text) : status;
}

static iotkit_status append_properties(struct buffer *out, const struct outbox_message *message)
{
	uint32_t expiry = packet_expiry_s(message);
	iotkit_status status = IOTKIT_OK;

	if (expiry > 0) {
		status = append_byte(out, MESSAGE_EXPIRY);
		if (status == IOTKIT_OK)
			status = append_u16(out, expiry >> 16);
		if (status == IOTKIT_OK)
			status = append_u16(out, expiry & 0xffff);
	}
	if (status == IOTKIT_OK && message->seq != 0)
		status = append_user_property(out, "epoch", message->epoch);
	if (status == IOTKIT_OK && message->seq != 0)
		status = append_user_property(out, "seq", message->seq);
	return status;
}

static iotkit_status append_head(const struct outbox_message *message, uint16_t packet_id, bool dup,
				 const struct buffer *properties, struct buffer *out)
{
	size_t id_size = message->qos > 0 ? sizeof packet_id : 0;
	size_t rest = 2 + strlen(message->topic) + id_size + message->size;
	unsigned flags = (unsigned)message->qos << 1 | (message->retain != 0 ? 1U : 0U) |
			 (dup ? (unsigned)DUP : 0U);

	/* The properties' length is a single byte: there are few. */
	if (properties != NULL)
		rest += 1 + properties->size;
	iotkit_status status = append_byte(out, PUBLISH | flags);
	if (status == IOTKIT_OK)
		status = append_length(out, rest);
	if (status == IOTKIT_OK)
		status = append_text(out, message->topic);
	if (status == IOTKIT_OK && id_size > 0)
		status = append_u16(out, packet_id);
	if (status == IOTKIT_OK && properties != NULL)
		status = append_length(out, properties->size);
	if (status == IOTKIT_OK && properties != NULL)
		status = buffer_append(out, properties->bytes, properties->size);
	return status;
}

iotkit_status packet_head(const struct outbox_message *message, uint16_t packet_id, bool dup,
			  bool version_5, struct buffer *out)
{
	struct buffer properties;

	if (!version_5)
		return append_head(message, packet_id, dup, NULL, out);
	buffer_init(&properties, PROPERTIES_MAX);
	iotkit_status status = append_properties(&properties, message);
	if (status == IOTKIT_OK)
		status = append_head(message, packet_id, dup, &properties, out);
	buffer_free(&properties);
	return status;
}

static size_t user_property_size(const char *name, uint64_t number)
{
	size_t digits = 1;

	for (; number >= 10; number /= 10)
		digits++;
	return 1 + 2 + strlen(name) + 2 + digits;
}

static size_t properties_size(const struct outbox_message *message)
{
	size_t size = message->expires_ms != 0 ? 1 + 4 : 0;

	if (message->seq != 0)
		size += user_property_size("epoch", message->epoch) +
			user_property_size("seq", message->seq);
	return size;
}

uint64_t packet_size(const struct outbox_message *message, bool version_5)
{
	uint64_t rest = 2 + strlen(message->topic) + (message->qos > 0 ? 2U : 0U) + message->size;

	if (version_5)
		rest += 1 + properties_size(message);
	return 1 + (rest < 128 ? 1U : rest < 16384 ? 2U : rest < 2097152 ? 3U : 4U) + rest;
}

static iotkit_status append_answer(struct buffer *out, uint8_t first, uint16_t packet_id)
{
	iotkit_status status = append_byte(out, first);

	if (status == IOTKIT_OK)
		status = append_length(out, 2);
	return status == IOTKIT_OK ? append_u16(out, packet_id) : status;
}

iotkit_status packet_pubrel(uint16_t packet_id, struct buffer *out)
{
	return append_answer(out, PUBREL, packet_id);
}

iotkit_status packet_puback(uint16_t packet_id, struct buffer *out)
{
	return append_answer(out, PUBACK, packet_id);
}

uint64_t packet_digits(const void *text, size_t size)
{
	char digits[24];

	if (size == 0 || size >= sizeof digits)
		return 0;
	memcpy(digits, text, size);
	digits[size] = '\0';
	if (strspn(digits, "0123456789") != size)
		return 0;
	errno = 0;
	uint64_t number = strtoull(digits, NULL, 10);
	return errno == ERANGE ? 0 : number;
}

iotkit_status packet_placeholder(uint16_t packet_id, bool version_5, struct buffer *out)
{
	const struct outbox_message message = {.topic = "-", .payload = "", .qos = 2};

	return packet_head(&message, packet_id, false, version_5, out);
}
