/* SPDX-License-Identifier: MIT
 *
 * Bytes as what goes over the link, seen by the tap. Promised for any of them: what is told does
 * not depend on the pieces in which they come; each line is UTF-8 of bounded length without
 * control characters; and a topic lies within its packet.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "packet/phrase.h"
#include "packet/tap.h"

static void promise(bool kept)
{
	if (!kept)
		abort();
}

/* All that was told, as one number. */
static void tell(void *context, const struct packet_facts *facts, const char *text)
{
	uint64_t *sum = context;
	size_t size = strlen(text);

	promise(size < PHRASE_SIZE && utf8_valid(text, size));
	for (size_t i = 0; i < size; i++) {
		promise((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
		*sum = *sum * 31 + (unsigned char)text[i];
	}
	for (size_t i = 0; i < facts->topic.size; i++)
		*sum = *sum * 31 + facts->topic.at[i];
	*sum = *sum * 31 + facts->id + facts->payload_size;
}

/* Whose bytes they are. A broker's are read by the version that the client chose. */
enum speaker { CLIENT, BROKER_3_1_1, BROKER_5, SPEAKERS };

static void say_connect(struct tap *tap, enum speaker speaker)
{
	static const char connect_3_1_1[] = "\x10\x0c\0\4MQTT\4\0\0\0\0\0";
	static const char connect_5[] = "\x10\x0d\0\4MQTT\5\0\0\0\0\0\0";

	if (speaker == BROKER_3_1_1)
		tap_sent(tap, connect_3_1_1, sizeof connect_3_1_1 - 1);
	else if (speaker == BROKER_5)
		tap_sent(tap, connect_5, sizeof connect_5 - 1);
}

static uint64_t look(const uint8_t *data, size_t size, enum speaker speaker, size_t piece)
{
	uint64_t sum = 0;
	const struct tap_viewer viewer = {.context = &sum, .packet = tell};
	struct tap tap;

	tap_begin(&tap, &viewer, -1, "");
	say_connect(&tap, speaker);
	for (size_t at = 0; at < size; at += piece) {
		const char *bytes = (const char *)data + at;
		size_t part = size - at < piece ? size - at : piece;
		if (speaker == CLIENT)
			tap_sent(&tap, bytes, part);
		else
			tap_received(&tap, bytes, part);
	}
	tap_end(&tap);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum speaker speaker = CLIENT; speaker < SPEAKERS; speaker++) {
		uint64_t whole = look(data, size, speaker, size + 1);
		promise(look(data, size, speaker, 1) == whole);
		promise(look(data, size, speaker, 7) == whole);
	}
	return 0;
}
