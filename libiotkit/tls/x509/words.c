/* SPDX-License-Identifier: MIT */
#include "tls/x509/words.h"

#include <mbedtls/oid.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

enum { LABEL_WIDTH = 13, PIECE_SIZE = 512 };

static void add_bytes(struct words *words, const void *bytes, size_t size)
{
	if (words->status == IOTKIT_OK)
		words->status = buffer_append(words->out, bytes, size);
}

void words_gap(struct words *words)
{
	if (words->out->size > 0)
		add_bytes(words, "\n", 1);
}

void words_begin(struct words *words, const char *label)
{
	char text[64];

	snprintf(text, sizeof text, "%s:", label);
	words_add(words, "%-*s ", LABEL_WIDTH, text);
}

void words_add(struct words *words, const char *format, ...)
{
	char piece[PIECE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(piece, sizeof piece, format, arguments);
	va_end(arguments);
	add_bytes(words, piece, strlen(piece));
}

/* Controls, and what changes the direction of text or is not seen at all. */
static bool is_plain(const unsigned char *c, size_t length)
{
	if (length == 1)
		return c[0] >= ' ' && c[0] != 0x7f && c[0] != '\\';
	if (length == 2)
		return !(c[0] == 0xc2 && c[1] < 0xa0) && !(c[0] == 0xd8 && c[1] == 0x9c);
	if (length == 3)
		return !(c[0] == 0xe2 && c[1] <= 0x81) && !(c[0] == 0xef && c[1] == 0xbb);
	return length == 4;
}

void words_add_text(struct words *words, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	while (size > 0) {
		size_t length = utf8_character((const char *)at, size);
		if (is_plain(at, length)) {
			add_bytes(words, at, length);
		} else {
			length = 1;
			words_add(words, "\\x%02x", at[0]);
		}
		at += length;
		size -= length;
	}
}

void words_add_hex(struct words *words, const unsigned char *bytes, size_t size,
		   const char *separator)
{
	char digits[3];

	for (size_t i = 0; i < size; i++) {
		hex_encode(bytes + i, 1, digits);
		words_add(words, "%s%s", i > 0 ? separator : "", digits);
	}
}

void words_end(struct words *words)
{
	add_bytes(words, "\n", 1);
}

void words_line(struct words *words, const char *label, const char *format, ...)
{
	char value[PIECE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(value, sizeof value, format, arguments);
	va_end(arguments);
	words_begin(words, label);
	words_add(words, "%s", value);
	words_end(words);
}

void words_name(struct words *words, const char *label, const mbedtls_x509_name *name)
{
	const char *separator = "";

	words_begin(words, label);
	for (; name != NULL && name->oid.p != NULL; name = name->next) {
		const char *kind = NULL;
		if (mbedtls_oid_get_attr_short_name(&name->oid, &kind) != 0)
			kind = "?";
		words_add(words, "%s%s=", separator, kind);
		words_add_text(words, name->val.p, name->val.len);
		separator = ", ";
	}
	words_end(words);
}

void words_key(struct words *words, const char *label, const mbedtls_pk_context *key)
{
	words_line(words, label, "%s, %zu bits", mbedtls_pk_get_name(key),
		   mbedtls_pk_get_bitlen(key));
}
