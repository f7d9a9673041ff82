/* SPDX-License-Identifier: MIT
 *
 * Bytes as the texts that we read ourselves: a pre-shared key, and pins. Promised
 * for any of them: what is read keeps its bounds, and a refusal has a sentence,
 * without the key in it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "tls/pin.h"
#include "tls/psk.h"

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void parse_psk(const char *text)
{
	enum { KEY_SIZE = 24 }; /* shorter ones occur in any sentence */
	unsigned char psk[PSK_MAX];
	size_t size = 0;

	error_set(IOTKIT_OK, "%s", "");
	if (psk_parse(text, "PSK file", psk, &size) == IOTKIT_OK) {
		promise(size > 0 && size <= PSK_MAX);
		return;
	}
	promise(*error_last() != '\0');
	promise(strlen(text) < KEY_SIZE || strstr(error_last(), text) == NULL);
}

static void parse_pins(const char *text)
{
	unsigned char pins[PINS_MAX][SHA256_SIZE];
	size_t count = 0;

	error_set(IOTKIT_OK, "%s", "");
	if (pin_parse(text, pins, &count) == IOTKIT_OK)
		promise(count > 0 && count <= PINS_MAX);
	else
		promise(*error_last() != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);

	promise(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	parse_psk(text);
	parse_pins(text);
	free(text);
	return 0;
}
