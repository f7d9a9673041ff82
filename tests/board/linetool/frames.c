/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CRC_DIGITS 8

static uint32_t crc32(const char *bytes, size_t length)
{
	static uint32_t table[256];
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		uint32_t value = i;
		for (int bit = 0; bit < 8; bit++)
			value = value >> 1 ^ ((value & 1) != 0 ? 0xedb88320 : 0);
		table[i] = value;
	}
	for (size_t i = 0; i < length; i++)
		crc = crc >> 8 ^ table[(crc ^ (uint8_t)bytes[i]) & 0xff];
	return ~crc;
}

size_t frame_write(char line[FRAME_SIZE], const char *format, ...)
{
	va_list arguments;

	line[0] = '~';
	va_start(arguments, format);
	int body = vsnprintf(line + 1, FRAME_SIZE - 1, format, arguments);
	va_end(arguments);
	if (body < 0 || (size_t)body + CRC_DIGITS + 5 > FRAME_SIZE)
		return 0;
	size_t length = 1 + (size_t)body;
	line[length++] = ' ';
	uint32_t crc = crc32(line + 1, length - 1);
	return length + (size_t)snprintf(line + length, FRAME_SIZE - length, "~%08x\n", crc);
}

static bool is_escaped(uint8_t byte)
{
	return byte <= ' ' || byte == '~' || byte == '%' || byte == 127;
}

bool frame_escape(const char *text, char *out, size_t size)
{
	if (*text == '\0')
		return snprintf(out, size, "-") < (int)size;
	if (strcmp(text, "-") == 0)
		return snprintf(out, size, "%%2D") < (int)size;
	for (; *text != '\0'; text++) {
		uint8_t byte = (uint8_t)*text;
		int n = snprintf(out, size, is_escaped(byte) ? "%%%02X" : "%c", byte);
		if (n < 0 || (size_t)n >= size)
			return false;
		out += n;
		size -= (size_t)n;
	}
	return true;
}

bool frame_hex(const char *field, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";

	*out = 0;
	for (int i = 0; i < CRC_DIGITS; i++) {
		const char *digit = memchr(digits, field[i], sizeof digits - 1);
		if (digit == NULL)
			return false;
		*out = *out << 4 | (uint32_t)(digit - digits);
	}
	return field[CRC_DIGITS] == '\0';
}

bool frame_number(const char *field, uint32_t *out)
{
	uint64_t value = 0;

	if (*field == '\0' || (*field == '0' && field[1] != '\0'))
		return false;
	for (; *field != '\0'; field++) {
		if (*field < '0' || *field > '9')
			return false;
		value = value * 10 + (uint64_t)(*field - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)value;
	return true;
}

/* The body's bytes, cut at its spaces. Each field has at least one byte, and so has the kind. */
static bool split(char *body, char *end, struct frame *frame)
{
	*frame = (struct frame){.kind = body[0]};
	if (end - body < 2 || body[1] != ' ' || end[-1] != ' ')
		return false;
	for (char *at = body + 2; at < end;) {
		char *space = memchr(at, ' ', (size_t)(end - at));
		if (space == NULL || space == at || frame->count == FRAME_FIELDS)
			return false;
		for (const char *c = at; c < space; c++) {
			if ((uint8_t)*c < ' ' || *c == 127)
				return false;
		}
		*space = '\0';
		frame->field[frame->count++] = at;
		at = space + 1;
	}
	return true;
}

/* How many fields a kind has; -1: there is no such kind. */
static int fields_of(char kind)
{
	switch (kind) {
	case 'H':
		return 8;
	case 'M':
		return 7;
	case 'S':
		return 6;
	case 'C':
		return 4;
	case 'R':
		return 3;
	case 'W':
	case 'A':
	case 'N':
		return 2;
	case '?':
		return 0;
	default:
		return -1;
	}
}

bool frame_read(char *line, size_t length, struct frame *frame)
{
	char digits[CRC_DIGITS + 1] = "";
	uint32_t crc;

	if (length > 0 && line[length - 1] == '\r')
		length--;
	char *end = memrchr(line, '~', length);
	if (end == NULL || line + length - end != 1 + CRC_DIGITS)
		return false;
	memcpy(digits, end + 1, CRC_DIGITS);
	char *begin = memrchr(line, '~', (size_t)(end - line));
	if (begin == NULL || !frame_hex(digits, &crc) ||
	    crc != crc32(begin + 1, (size_t)(end - begin - 1)))
		return false;
	return split(begin + 1, end, frame) && (int)frame->count == fields_of(frame->kind);
}
