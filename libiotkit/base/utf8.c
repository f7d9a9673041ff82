/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdint.h>

size_t utf8_character(const char *text, size_t size)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;

	if (size == 0)
		return 0;
	if (bytes[0] < 0x80)
		return 1;
	size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > size)
		return 0;
	uint32_t code = bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3fu);
	}
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

bool utf8_valid(const char *text, size_t size)
{
	while (size > 0) {
		size_t length = (unsigned char)*text < 0x80 ? 1 : utf8_character(text, size);
		if (length == 0)
			return false;
		text += length;
		size -= length;
	}
	return true;
}
