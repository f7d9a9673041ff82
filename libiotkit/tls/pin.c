/* SPDX-License-Identifier: MIT */
#include "tls/pin.h"

#include <mbedtls/base64.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"

static bool parse_hex(const char *text, size_t size, unsigned char pin[SHA256_SIZE])
{
	char digits[2 * SHA256_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == ':')
			continue;
		if (count == sizeof digits)
			return false;
		digits[count++] = text[i];
	}
	return count == sizeof digits && hex_decode(digits, pin, SHA256_SIZE);
}

static bool parse_base64(const char *text, size_t size, unsigned char pin[SHA256_SIZE])
{
	size_t written;

	return mbedtls_base64_decode(pin, SHA256_SIZE, &written, (const unsigned char *)text,
				     size) == 0 &&
	       written == SHA256_SIZE;
}

static bool parse_one(const char *text, size_t size, unsigned char pin[SHA256_SIZE])
{
	static const char prefix[] = "sha256//";
	size_t skip = sizeof prefix - 1;

	if (size > skip && strncmp(text, prefix, skip) == 0) {
		text += skip;
		size -= skip;
	}
	return parse_hex(text, size, pin) || parse_base64(text, size, pin);
}

iotkit_status pin_parse(const char *text, unsigned char pins[PINS_MAX][SHA256_SIZE], size_t *count)
{
	enum { QUOTE_MAX = 100 };

	for (*count = 0;; text++) {
		text += strspn(text, " \t");
		size_t size = strcspn(text, ", \t");
		if (*count == PINS_MAX)
			return error_set(IOTKIT_EINVAL,
					 "tls.pin_sha256 has more than %d pins: take out old ones",
					 PINS_MAX);
		if (!parse_one(text, size, pins[*count]))
			return error_set(
				IOTKIT_EINVAL,
				"tls.pin_sha256: '%.*s' is no SHA-256, which has 64 "
				"hexadecimal digits or 44 characters of base64; 'iotkit-certs "
				"check HOST' shows the broker's",
				size < QUOTE_MAX ? (int)size : QUOTE_MAX, text);
		++*count;
		text += size;
		text += strspn(text, " \t");
		if (*text != ',')
			break;
	}
	if (*text != '\0')
		return error_set(IOTKIT_EINVAL, "tls.pin_sha256: put a comma between pins");
	return IOTKIT_OK;
}
