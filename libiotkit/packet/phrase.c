/* SPDX-License-Identifier: MIT */
#include "packet/phrase.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char gap[] = "...";
enum { ROOM = PHRASE_SIZE - sizeof gap - 1 }; /* for what comes before the gap and ")" */

void phrase_begin(struct phrase *phrase)
{
	phrase->text[0] = '\0';
	phrase->used = 0;
	phrase->items = 0;
	phrase->full = false;
}

static void put(struct phrase *phrase, const char *text, size_t size)
{
	if (phrase->full)
		return;
	phrase->full = size > ROOM - phrase->used;
	if (phrase->full) {
		text = gap;
		size = sizeof gap - 1;
	}
	memcpy(phrase->text + phrase->used, text, size);
	phrase->used += size;
	phrase->text[phrase->used] = '\0';
}

static void put_words(struct phrase *phrase, const char *format, va_list args)
{
	char words[PHRASE_QUOTE_MAX];
	int size = vsnprintf(words, sizeof words, format, args);

	if (size > 0)
		put(phrase, words, strlen(words));
}

void phrase_add(struct phrase *phrase, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_words(phrase, format, args);
	va_end(args);
}

static void begin_item(struct phrase *phrase)
{
	put(phrase, phrase->items++ == 0 ? " (" : ", ", 2);
}

void phrase_item(struct phrase *phrase, const char *format, ...)
{
	va_list args;

	begin_item(phrase);
	va_start(args, format);
	put_words(phrase, format, args);
	va_end(args);
}

/* C0 and C1, and U+2028 and U+2029, which end a line for some. */
static bool is_control(const char *character, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)character;

	if (length == 1)
		return bytes[0] < 0x20 || bytes[0] == 0x7f;
	if (length == 2)
		return bytes[0] == 0xc2 && bytes[1] < 0xa0;
	return length == 3 && bytes[0] == 0xe2 && bytes[1] == 0x80 &&
	       (bytes[2] == 0xa8 || bytes[2] == 0xa9);
}

void phrase_quote(struct phrase *phrase, const struct cursor_bytes *bytes)
{
	const char *text = (const char *)bytes->at;
	size_t size = bytes->size < PHRASE_QUOTE_MAX ? bytes->size : PHRASE_QUOTE_MAX;

	put(phrase, "'", 1);
	for (size_t at = 0; at < size;) {
		size_t length = utf8_character(text + at, bytes->size - at);
		bool shown = length > 0 && !is_control(text + at, length);
		put(phrase, shown ? text + at : "?", shown ? length : 1);
		at += length > 0 ? length : 1;
	}
	if (bytes->size > PHRASE_QUOTE_MAX)
		put(phrase, gap, sizeof gap - 1);
	put(phrase, "'", 1);
}

void phrase_item_quote(struct phrase *phrase, const struct cursor_bytes *bytes)
{
	begin_item(phrase);
	phrase_quote(phrase, bytes);
}

void phrase_end(struct phrase *phrase)
{
	if (phrase->items == 0)
		return;
	phrase->text[phrase->used++] = ')'; /* there is always room left for it */
	phrase->text[phrase->used] = '\0';
}
