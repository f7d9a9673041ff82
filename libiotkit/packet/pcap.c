/* SPDX-License-Identifier: MIT */
#include "packet/pcap.h"

#include <string.h>

#include "base/utf8.h"

enum {
	SECTION_HEADER = 0x0a0d0d0a,
	INTERFACE = 1,
	ENHANCED_PACKET = 6,
	BYTE_ORDER = 0x1a2b3c4d,
	LINKTYPE_RAW = 101,
	OPTION_COMMENT = 1,
	OPTION_INTERFACE_NAME = 2,
	OPTION_USER_APPLICATION = 4
};

/* A block being written, in this machine's order of bytes, as the format has it. */
struct block {
	unsigned char *bytes;
	size_t size;
};

static void put_4(struct block *block, uint32_t number)
{
	memcpy(block->bytes + block->size, &number, sizeof number);
	block->size += sizeof number;
}

static void put_2(struct block *block, uint16_t number)
{
	memcpy(block->bytes + block->size, &number, sizeof number);
	block->size += sizeof number;
}

static void pad(struct block *block)
{
	while (block->size % 4 != 0)
		block->bytes[block->size++] = 0;
}

static struct block begin(unsigned char *to, uint32_t type)
{
	struct block block = {.bytes = to};

	put_4(&block, type);
	put_4(&block, 0); /* its size, which end() knows */
	return block;
}

static size_t end(struct block *block)
{
	uint32_t size = (uint32_t)(block->size + sizeof size);

	memcpy(block->bytes + sizeof size, &size, sizeof size);
	put_4(block, size);
	return block->size;
}

static void put_option(struct block *block, uint16_t code, const char *text)
{
	size_t all = strlen(text), size = 0, length = 0;

	do
		size += length;
	while ((length = utf8_character(text + size, all - size)) > 0 &&
	       size + length <= PCAP_COMMENT_MAX);
	put_2(block, code);
	put_2(block, (uint16_t)size);
	memcpy(block->bytes + block->size, text, size);
	block->size += size;
	pad(block);
}

static void end_options(struct block *block)
{
	put_4(block, 0);
}

size_t pcap_write_head(unsigned char *to)
{
	struct block section = begin(to, SECTION_HEADER);

	put_4(&section, BYTE_ORDER);
	put_2(&section, 1); /* version 1.0 */
	put_2(&section, 0);
	put_4(&section, UINT32_MAX); /* of a section as long as the file */
	put_4(&section, UINT32_MAX);
	put_option(&section, OPTION_USER_APPLICATION, "libiotkit");
	end_options(&section);
	size_t size = end(&section);

	struct block interface = begin(to + size, INTERFACE);
	put_2(&interface, LINKTYPE_RAW);
	put_2(&interface, 0);
	put_4(&interface, 0); /* packets are whole */
	put_option(&interface, OPTION_INTERFACE_NAME, "mqtt");
	end_options(&interface);
	return size + end(&interface);
}

size_t pcap_write_packet(const struct pcap_packet *packet, unsigned char *to)
{
	enum { SIZES_SIZE = 8 };
	struct block block = begin(to, ENHANCED_PACKET);
	uint64_t time_us = (uint64_t)packet->time_us;

	put_4(&block, 0); /* the interface */
	put_4(&block, (uint32_t)(time_us >> 32));
	put_4(&block, (uint32_t)time_us);
	size_t size = tcp_segment_write(&packet->segment, to + block.size + SIZES_SIZE);
	put_4(&block, (uint32_t)size);
	put_4(&block, (uint32_t)size);
	block.size += size;
	pad(&block);
	if (packet->comment != NULL) {
		put_option(&block, OPTION_COMMENT, packet->comment);
		end_options(&block);
	}
	return end(&block);
}

bool pcap_is_capture(const unsigned char magic[PCAP_MAGIC_SIZE])
{
	static const unsigned char known[][PCAP_MAGIC_SIZE] = {
		{0x0a, 0x0d, 0x0d, 0x0a}, {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4},
		{0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (memcmp(magic, known[i], PCAP_MAGIC_SIZE) == 0)
			return true;
	return false;
}
