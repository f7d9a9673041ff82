/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* How many bytes a character has that begins with this byte, and the least code point
 * that needs so many; 0 for a byte that begins none. */
static size_t length_of(unsigned char first, uint32_t *bits, uint32_t *least)
{
	static const struct {
		unsigned char mask, mark;
		uint32_t least;
	} lengths[] = {
		{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		if ((first & lengths[i].mask) == lengths[i].mark) {
			*bits = first & (unsigned char)~lengths[i].mask;
			*least = lengths[i].least;
			return i + 1;
		}
	return 0;
}

/* The bytes of the character that the text begins with; 0 when it is none. Source: RFC
 * 3629. */
static size_t character(const unsigned char *text, size_t size, uint32_t *code)
{
	uint32_t least;
	size_t length = length_of(text[0], code, &least);

	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < least || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

bool text_is_utf8(const void *bytes, size_t size)
{
	const unsigned char *text = bytes;
	uint32_t code;

	while (size > 0) {
		size_t length = character(text, size, &code);
		if (length == 0)
			return false;
		text += length;
		size -= length;
	}
	return true;
}

static void print_json_character(const unsigned char *text, size_t length)
{
	if (length == 0)
		fputs("\\ufffd", stdout);
	else if (text[0] == '"' || text[0] == '\\')
		printf("\\%c", text[0]);
	else if (text[0] < 0x20 || text[0] == 0x7f)
		printf("\\u%04x", (unsigned)text[0]);
	else
		fwrite(text, 1, length, stdout);
}

void text_print_json(const void *bytes, size_t size)
{
	const unsigned char *text = bytes;
	uint32_t code;

	putchar('"');
	while (size > 0) {
		size_t length = character(text, size, &code);
		print_json_character(text, length);
		length = length == 0 ? 1 : length;
		text += length;
		size -= length;
	}
	putchar('"');
}

void text_print_base64(const void *bytes, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;

	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		unsigned group = (unsigned)in[i] << 16;

		if (left > 1)
			group |= (unsigned)in[i + 1] << 8;
		if (left > 2)
			group |= in[i + 2];
		putchar(digits[group >> 18]);
		putchar(digits[group >> 12 & 63]);
		putchar(left > 1 ? digits[group >> 6 & 63] : '=');
		putchar(left > 2 ? digits[group & 63] : '=');
	}
}

static void print_escaped(unsigned char byte)
{
	static const char plain[] = "\t\n\r\\";
	static const char letters[] = "tnr\\";
	const char *found = byte == '\0' ? NULL : strchr(plain, byte);

	if (found != NULL)
		printf("\\%c", letters[found - plain]);
	else if (byte < 0x20 || byte == 0x7f)
		printf("\\x%02x", (unsigned)byte);
	else
		putchar(byte);
}

void text_print_field(const void *bytes, size_t size)
{
	const unsigned char *text = bytes;
	uint32_t code;

	while (size > 0) {
		size_t length = character(text, size, &code);
		if (length > 1)
			fwrite(text, 1, length, stdout);
		else if (length == 1)
			print_escaped(text[0]);
		else
			printf("\\x%02x", (unsigned)text[0]);
		length = length == 0 ? 1 : length;
		text += length;
		size -= length;
	}
}

/* C0 and C1 controls, line separators, and what changes the direction of writing. */
static bool steers_terminal(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static size_t lay_out(const void *bytes, size_t size, size_t width, FILE *to)
{
	const unsigned char *text = bytes;
	size_t printed = 0;
	uint32_t code;

	while (size > 0 && printed < width) {
		size_t length = character(text, size, &code);
		bool plain = length > 0 && !steers_terminal(code);

		length = length == 0 ? 1 : length;
		if (to != NULL && plain)
			fwrite(text, 1, length, to);
		else if (to != NULL)
			putc('?', to);
		printed++;
		text += length;
		size -= length;
	}
	if (size == 0)
		return printed;
	if (to != NULL)
		fputs("...", to);
	return printed + 3;
}

size_t text_print_plain(const void *bytes, size_t size, size_t width)
{
	return lay_out(bytes, size, width, stdout);
}

size_t text_width(const void *bytes, size_t size, size_t width)
{
	return lay_out(bytes, size, width, NULL);
}

void text_make_plain(char *text)
{
	size_t left = strlen(text);
	char *to = text;
	uint32_t code;

	while (left > 0) {
		size_t length = character((const unsigned char *)text, left, &code);
		bool plain = length > 0 && !steers_terminal(code);

		length = length == 0 ? 1 : length;
		memmove(to, plain ? text : "?", plain ? length : 1);
		to += plain ? length : 1;
		text += length;
		left -= length;
	}
	*to = '\0';
}
