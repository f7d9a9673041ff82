/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

static int value_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

bool hex_decode(const char *digits, unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int high = value_of(digits[2 * i]);
		int low = high < 0 ? -1 : value_of(digits[2 * i + 1]);
		if (low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

void hex_encode(const unsigned char *bytes, size_t size, char *digits)
{
	static const char all[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*digits++ = all[bytes[i] >> 4];
		*digits++ = all[bytes[i] & 0xf];
	}
	*digits = '\0';
}
