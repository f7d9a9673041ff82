/* SPDX-License-Identifier: MIT */
#include "device/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

const char *quote_bytes(struct quote *quote, const char *text, size_t size)
{
	size_t kept = 0;

	while (kept < size) {
		bool ascii = (unsigned char)text[kept] < 0x80;
		size_t length = ascii ? 1 : utf8_character(text + kept, size - kept);
		if (length == 0 || kept + length > QUOTE_MAX)
			break;
		kept += length;
	}
	memcpy(quote->text, text, kept);
	strcpy(quote->text + kept, kept < size ? "..." : "");
	return quote->text;
}

const char *quote_text(struct quote *quote, const char *text)
{
	return quote_bytes(quote, text, strlen(text));
}
