/* SPDX-License-Identifier: MIT */
#include "device/kit.h"

#include <string.h>

#include "base/random.h"

/* ---- What a board says of itself ---------------------------------------- */

static size_t append_text(struct kit_hello *hello, size_t size, const char *text)
{
	size_t length = strlen(text) + 1;

	/* They came in one frame, so there is room for them. */
	if (length > sizeof hello->text - size)
		return size;
	memcpy(hello->text + size, text, length);
	return size + length;
}

/* True when it differs from the one before. */
static bool note_hello(struct kit *kit, const struct frame *frame)
{
	struct kit_hello hello = {.room = frame->room};

	hello.size = append_text(&hello, hello.size, frame->name);
	hello.size = append_text(&hello, hello.size, frame->firmware);
	hello.size = append_text(&hello, hello.size, frame->version);
	hello.size = append_text(&hello, hello.size, frame->commands);
	bool differs = hello.room != kit->hello.room || hello.size != kit->hello.size ||
		       memcmp(hello.text, kit->hello.text, hello.size) != 0;
	if (differs)
		kit->hello = hello;
	return differs;
}

/* The texts in turn; "" beyond the last. */
static const char *text_at(const struct kit_hello *hello, size_t index)
{
	size_t at = 0;

	while (index-- > 0 && at < hello->size)
		at += strlen(hello->text + at) + 1;
	return at < hello->size ? hello->text + at : "";
}

const char *kit_name(const struct kit_hello *hello)
{
	return text_at(hello, 0);
}

const char *kit_firmware(const struct kit_hello *hello)
{
	return text_at(hello, 1);
}

const char *kit_version(const struct kit_hello *hello)
{
	return text_at(hello, 2);
}

const char *kit_commands(const struct kit_hello *hello)
{
	return text_at(hello, 3);
}

bool kit_has_command(const struct kit_hello *hello, const char *name)
{
	const char *at = kit_commands(hello);
	size_t size = strlen(name);

	while (*at != '\0') {
		size_t length = strcspn(at, ",");
		if (length == size && memcmp(at, name, size) == 0)
			return true;
		at += at[length] == ',' ? length + 1 : length;
	}
	return false;
}

/* ---- Whose frames are taken --------------------------------------------- */

/* From now on readings of this boot are taken, beginning at expected. */
static void adopt(struct kit *kit, uint32_t id, uint64_t expected)
{
	kit->id = id;
	kit->expected = expected;
	kit->acked = 0;
	kit->ack_due = false;
	kit->repeated = false;
	kit->refused = false;
	kit->given_id = FRAME_ID_NONE;
	kit->nak_ms = 0;
}

static bool knows(struct kit *kit, uint32_t id, const struct kit_host *host)
{
	struct device_position position = {0};

	if (id == kit->id)
		return true;
	if (id == kit->given_id) {
		adopt(kit, id, 1);
		return true;
	}
	host->position(host->context, &position);
	if (id != position.boot)
		return false;
	adopt(kit, id, (uint64_t)position.taken + 1);
	kit->ack_due = true;
	return true;
}

static uint32_t draw_id(const struct kit *kit, const struct kit_host *host)
{
	struct device_position position = {0};
	uint32_t id;

	host->position(host->context, &position);
	do
		id = (uint32_t)random_u64();
	while (id == FRAME_ID_NONE || id == kit->id || id == kit->given_id || id == position.boot);
	return id;
}

static enum kit_outcome greet(struct kit *kit, const struct frame *frame,
			      const struct kit_host *host)
{
	if (frame->protocol != KIT_PROTOCOL)
		return KIT_STRANGER;
	bool news = note_hello(kit, frame);
	struct frame welcome = {.kind = FRAME_WELCOME, .nonce = frame->nonce, .id = frame->id};
	if (frame->id == FRAME_ID_NONE) {
		if (kit->given_id == FRAME_ID_NONE || kit->given_nonce != frame->nonce) {
			kit->given_id = draw_id(kit, host);
			kit->given_nonce = frame->nonce;
			news = true;
		}
		welcome.id = kit->given_id;
	} else if (!knows(kit, frame->id, host)) {
		adopt(kit, frame->id, 0);
		news = true;
	}
	host->say(host->context, &welcome);
	return news ? KIT_GREETED : KIT_KNOWN;
}

void kit_ask(struct kit *kit, int64_t now_ms, const struct kit_host *host)
{
	const struct frame who = {.kind = FRAME_WHO};

	if (now_ms >= kit->ask_ms && host->say(host->context, &who))
		kit->ask_ms = now_ms + KIT_PAUSE_MS;
}

uint32_t kit_boot(const struct kit *kit)
{
	/* Who was given an id has no other any more. */
	return kit->given_id != FRAME_ID_NONE ? kit->given_id : kit->id;
}

/* ---- Readings ----------------------------------------------------------- */

/* Sends the board back to what is missing. One that could not be taken is not missing:
 * the board sends it again by itself, and asking for it would only make it hurry. */
static void ask_again(struct kit *kit, int64_t now_ms, const struct kit_host *host)
{
	const struct frame nak = {.kind = FRAME_NAK, .id = kit->id, .seq = (uint32_t)kit->expected};

	bool soon = nak.seq == kit->nak_seq && now_ms < kit->nak_ms;

	if (kit->refused || soon || !host->say(host->context, &nak))
		return;
	kit->nak_seq = nak.seq;
	kit->nak_ms = now_ms + KIT_PAUSE_MS;
}

static enum kit_outcome take_reading(struct kit *kit, const struct frame *frame, int64_t now_ms,
				     const struct kit_host *host)
{
	if (frame->base == 0 || frame->base > frame->seq)
		return KIT_PASSED_OVER;
	if (kit->expected == 0)
		kit->expected = frame->base;
	if (frame->base > kit->expected) {
		uint64_t count = frame->base - kit->expected;
		kit->expected = frame->base;
		kit->refused = false;
		host->dropped(host->context, count);
	}
	if (frame->seq < kit->expected) {
		kit->ack_due = kit->repeated = true;
		return KIT_REPEATED;
	}
	if (frame->seq > kit->expected) {
		ask_again(kit, now_ms, host);
		return KIT_PASSED_OVER;
	}
	kit->refused = host->take(host->context, frame) != IOTKIT_OK;
	if (kit->refused)
		return KIT_PASSED_OVER;
	kit->expected++;
	kit->ack_due = true;
	return KIT_TAKEN;
}

bool kit_has_unkept(const struct kit *kit)
{
	return kit->id != FRAME_ID_NONE && kit->expected > (uint64_t)kit->acked + 1;
}

void kit_acknowledge(struct kit *kit, const struct kit_host *host)
{
	struct device_position position = {0};

	if (!kit->ack_due && !kit_has_unkept(kit))
		return;
	host->position(host->context, &position);
	if (position.boot == kit->id && position.boot != FRAME_ID_NONE && position.saved > 0 &&
	    (position.saved > kit->acked || kit->repeated)) {
		const struct frame ack = {.kind = FRAME_ACK, .id = kit->id, .seq = position.saved};
		if (!host->say(host->context, &ack))
			return;
		kit->acked = position.saved;
	}
	kit->ack_due = kit->repeated = false;
}

/* ---- All of them -------------------------------------------------------- */

bool kit_is_foreign(const struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_WELCOME:
	case FRAME_ACK:
	case FRAME_NAK:
	case FRAME_COMMAND:
	case FRAME_WHO:
		return true;
	case FRAME_HELLO:
	case FRAME_METRIC:
	case FRAME_STATE:
	case FRAME_RESULT:
		return false;
	}
	return true;
}

enum kit_outcome kit_take(struct kit *kit, const struct frame *frame, int64_t now_ms,
			  const struct kit_host *host)
{
	if (kit_is_foreign(frame))
		return KIT_PASSED_OVER;
	if (frame->kind == FRAME_HELLO)
		return greet(kit, frame, host);
	if (!knows(kit, frame->id, host)) {
		kit_ask(kit, now_ms, host);
		return KIT_PASSED_OVER;
	}
	if (frame->kind == FRAME_RESULT)
		return KIT_ANSWERED;
	return take_reading(kit, frame, now_ms, host);
}
