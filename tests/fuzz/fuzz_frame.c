/* SPDX-License-Identifier: MIT
 *
 * Lines as frames, and through a kit. Promised for any of them: texts are UTF-8 inside their
 * room, what is read is written again as the same frame, and readings are taken in order.
 * A line that begins with = is given its right CRC first, or a fuzzer would never find one.
 */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "device/frame.h"
#include "device/kit.h"

static struct kit kit;
static uint64_t last; /* number taken */
static uint32_t boot;

static void promise(bool kept)
{
	if (!kept)
		abort();
}

/* ---- A kit's host ------------------------------------------------------- */

static bool on_say(void *context, const struct frame *frame)
{
	char line[FRAME_SIZE_MAX + 1];

	(void)context;
	promise(kit_is_foreign(frame) && frame_write(frame, line, sizeof line) > 0);
	return true;
}

static iotkit_status on_take(void *context, const struct frame *frame)
{
	(void)context;
	promise(frame->kind == FRAME_METRIC || frame->kind == FRAME_STATE);
	promise(frame->id != boot || frame->seq > last);
	if (frame->age_ms % 7 == 6)
		return IOTKIT_EFULL;
	boot = frame->id;
	last = frame->seq;
	return IOTKIT_OK;
}

static void on_position(void *context, struct device_position *out)
{
	(void)context;
	*out = (struct device_position){.boot = boot, .taken = (uint32_t)last, .saved = 15};
}

static void on_dropped(void *context, uint64_t count)
{
	(void)context;
	promise(count > 0 && count <= UINT32_MAX);
}

static const struct kit_host host = {
	.say = on_say, .take = on_take, .position = on_position, .dropped = on_dropped};

/* ---- One line ----------------------------------------------------------- */

static void check_text(const char *text)
{
	promise(strlen(text) < FRAME_SIZE_MAX && utf8_valid(text, strlen(text)));
}

static void check_texts(const struct frame *frame)
{
	if (frame->kind == FRAME_HELLO) {
		check_text(frame->name);
		check_text(frame->firmware);
		check_text(frame->version);
		check_text(frame->commands);
		promise(frame->room >= FRAME_ROOM_MIN);
	} else if (frame->kind == FRAME_METRIC) {
		check_text(frame->name);
		check_text(frame->unit);
		promise(isfinite(frame->number));
	} else if (frame->kind == FRAME_STATE || frame->kind == FRAME_COMMAND) {
		check_text(frame->name);
		check_text(frame->value);
	}
}

/* Escapes may be more than were needed, but are the same after the first time. */
static void check_writing(const struct frame *frame)
{
	static char once[4 * FRAME_SIZE_MAX];
	static char twice[4 * FRAME_SIZE_MAX];
	static struct frame_text text;
	struct frame again;
	size_t prefix;
	size_t size = frame_write(frame, once, sizeof once);

	promise(size > 0);
	if (size > FRAME_SIZE_MAX)
		return;
	promise(frame_read(once, size - 1, &again, &text, &prefix) && prefix == 0);
	promise(frame_write(&again, twice, sizeof twice) == size);
	promise(memcmp(once, twice, size) == 0);
}

static void check_line(const char *line, size_t size)
{
	static struct frame_text text;
	struct frame frame;
	size_t prefix;

	if (!frame_read(line, size, &frame, &text, &prefix))
		return;
	promise(frame_suspected(line, size) && prefix < size);
	check_texts(&frame);
	check_writing(&frame);
	kit_take(&kit, &frame, 0, &host);
	kit_acknowledge(&kit, &host);
	promise(strlen(kit_commands(&kit.hello)) < FRAME_SIZE_MAX);
}

static uint32_t crc_of(const char *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
	}
	return crc ^ UINT32_MAX;
}

/* "=body" becomes "~body~crc". */
static void check_sealed(const char *body, size_t size)
{
	char line[2 * FRAME_SIZE_MAX];
	char crc[16];

	if (size > FRAME_SIZE_MAX)
		return;
	line[0] = '~';
	memcpy(line + 1, body, size);
	snprintf(crc, sizeof crc, "~%08x", (unsigned int)crc_of(body, size));
	memcpy(line + 1 + size, crc, sizeof "~12345678");
	check_line(line, size + sizeof "~12345678");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);
	char *at = text;

	promise(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	kit = (struct kit){0};
	boot = 0x5f3a9c01; /* a reading of it was saved before */
	last = 16;
	while (at < text + size) {
		const char *newline = memchr(at, '\n', (size_t)(text + size - at));
		size_t length =
			newline != NULL ? (size_t)(newline - at) : (size_t)(text + size - at);
		if (*at == '=')
			check_sealed(at + 1, length - 1);
		else
			check_line(at, length);
		at += length + 1;
	}
	free(text);
	return 0;
}
