/* SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/secret.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that "%41" stands for; -1 when it is none, 0 for an encoded NUL. */
static int decode_byte(const char *text, size_t size)
{
	int high = size >= 3 ? hex_digit(text[1]) : -1;
	int low = size >= 3 ? hex_digit(text[2]) : -1;

	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

iotkit_status percent_decode(const char *text, size_t size, char **out)
{
	char *decoded = malloc(size + 1);
	size_t used = 0;

	if (decoded == NULL)
		return error_set_no_memory();
	for (size_t i = 0; i < size; i++) {
		int byte = (unsigned char)text[i];
		if (text[i] == '%') {
			byte = decode_byte(text + i, size - i);
			i += 2;
		}
		if (byte <= 0) {
			secret_wipe(decoded, used);
			free(decoded);
			return error_set(IOTKIT_EINVAL,
					 "a '%%' is not followed by two hexadecimal digits other "
					 "than 00 (write '%%25' for '%%' itself)");
		}
		decoded[used++] = (char)byte;
	}
	decoded[used] = '\0';
	*out = decoded;
	return IOTKIT_OK;
}
