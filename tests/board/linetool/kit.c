/* SPDX-License-Identifier: MIT */
#include "kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define ROOM 128 /* the longest line it can read, newline included */
#define RESEND_FIRST (250 * NS_PER_MS)
#define RESEND_LONGEST (4 * NS_PER_S)
#define HELLO_LONGEST (4 * NS_PER_S)

bool kit_boot(struct kit *kit, const struct kit_settings *settings, const char *name,
	      uint32_t nonce, int64_t now)
{
	*kit = (struct kit){.settings = settings,
			    .nonce = nonce,
			    .hello_at = now,
			    .hello_wait = NS_PER_S,
			    .measure_at = now,
			    .base = 1,
			    .next = 1,
			    .send_from = 1,
			    .unsent = 1,
			    .resend_wait = RESEND_FIRST};
	return frame_escape(name, kit->name, sizeof kit->name);
}

/* ---- readings ---------------------------------------------------------- */

static struct reading *reading_of(struct kit *kit, uint32_t seq)
{
	return &kit->readings[seq % KIT_RING];
}

static bool has_room(const struct kit *kit)
{
	return kit->next - kit->base < kit->settings->ring;
}

static bool has_measured_all(const struct kit *kit)
{
	return kit->settings->count > 0 && kit->measured == kit->settings->count;
}

static struct reading *add_reading(struct kit *kit, int64_t now)
{
	if (!has_room(kit)) {
		kit->counts.dropped += reading_of(kit, kit->base)->n > 0;
		kit->base++;
		if (kit->send_from < kit->base)
			kit->send_from = kit->base;
		if (kit->unsent < kit->base)
			kit->unsent = kit->base;
	}
	struct reading *reading = reading_of(kit, kit->next++);
	*reading = (struct reading){.taken_at = now};
	return reading;
}

static void measure(struct kit *kit, int64_t now)
{
	double rate = kit->settings->rate;

	if (rate > 0) {
		while (!has_measured_all(kit) && kit->measure_at <= now) {
			add_reading(kit, kit->measure_at)->n = ++kit->measured;
			kit->measure_at += (int64_t)((double)NS_PER_S / rate);
		}
	} else if (kit->id != 0 && kit->send_from == kit->next && has_room(kit) &&
		   !has_measured_all(kit)) {
		add_reading(kit, now)->n = ++kit->measured;
	}
}

/* ---- what it hears ----------------------------------------------------- */

static void welcome(struct kit *kit, const struct frame *frame, int64_t now)
{
	uint32_t nonce, id;

	if (!frame_hex(frame->field[0], &nonce) || !frame_hex(frame->field[1], &id) ||
	    nonce != kit->nonce || id == 0 || kit->id != 0)
		return;
	kit->id = id;
	kit->hello_at = now + HELLO_LONGEST;
	kit->counts.began_at = now;
}

static void acknowledge(struct kit *kit, uint32_t seq, int64_t now)
{
	if (seq < kit->base || seq >= kit->unsent)
		return;
	for (; kit->base <= seq; kit->base++)
		kit->counts.acknowledged += reading_of(kit, kit->base)->n > 0;
	if (kit->send_from < kit->base)
		kit->send_from = kit->base;
	kit->resend_wait = RESEND_FIRST;
	kit->resend_at = now + RESEND_FIRST;
	kit->counts.ended_at = now;
}

static void send_again(struct kit *kit, uint32_t seq)
{
	if (seq < kit->unsent)
		kit->send_from = seq > kit->base ? seq : kit->base;
}

static void obey(struct kit *kit, const struct frame *frame, int64_t now)
{
	uint32_t command;

	if (!frame_number(frame->field[1], &command))
		return;
	kit->answering = true;
	if (kit->commanded && command == kit->command)
		return;
	kit->commanded = true;
	kit->command = command;
	kit->result = 1;
	kit->answer_after = 0;
	const char *value = frame->field[3];
	if (strcmp(frame->field[2], "led") == 0 && strlen(value) < sizeof kit->readings[0].led) {
		memcpy(add_reading(kit, now)->led, value, strlen(value) + 1);
		kit->answer_after = kit->next - 1;
		kit->result = 0;
	}
}

static void take(struct kit *kit, const struct frame *frame, int64_t now)
{
	uint32_t id, seq;

	if (kit->id != 0) /* with an id it says hello only into a silence */
		kit->hello_at = now + HELLO_LONGEST;
	if (frame->kind == '?')
		kit->hello_at = now;
	else if (frame->kind == 'W')
		welcome(kit, frame, now);
	else if (frame->count == 0 || !frame_hex(frame->field[0], &id) || id == 0 || id != kit->id)
		return;
	else if (frame->kind == 'C')
		obey(kit, frame, now);
	else if (frame->kind == 'A' && frame_number(frame->field[1], &seq))
		acknowledge(kit, seq, now);
	else if (frame->kind == 'N' && frame_number(frame->field[1], &seq))
		send_again(kit, seq);
}

void kit_hear(struct kit *kit, const uint8_t *bytes, size_t count, int64_t now)
{
	struct frame frame;

	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			if (!kit->too_long && frame_read(kit->line, kit->length, &frame))
				take(kit, &frame, now);
			kit->length = 0;
			kit->too_long = false;
		} else if (kit->length < ROOM - 1) {
			kit->line[kit->length++] = (char)bytes[i];
		} else {
			kit->too_long = true;
		}
	}
}

/* ---- what it says ------------------------------------------------------ */

static size_t say_hello(struct kit *kit, char line[FRAME_SIZE], int64_t now)
{
	char id[9] = "-";

	if (kit->id != 0) {
		snprintf(id, sizeof id, "%08" PRIx32, kit->id);
		kit->hello_at = now + HELLO_LONGEST;
	} else {
		kit->hello_at = now + kit->hello_wait;
		kit->hello_wait =
			kit->hello_wait < HELLO_LONGEST ? 2 * kit->hello_wait : HELLO_LONGEST;
	}
	return frame_write(line, "H %s %08" PRIx32 " 1 %d %s scripted 1 led", id, kit->nonce, ROOM,
			   kit->name);
}

static size_t say_reading(struct kit *kit, char line[FRAME_SIZE], int64_t now)
{
	uint32_t seq = kit->send_from++;
	const struct reading *reading = reading_of(kit, seq);
	int64_t age = (now - reading->taken_at) / NS_PER_MS;

	/* The clock for a resend begins with the oldest that is on its way. */
	if (seq == kit->base)
		kit->resend_at = now + kit->resend_wait;
	kit->counts.sent++;
	if (seq < kit->unsent)
		kit->counts.resent++;
	else
		kit->unsent = seq + 1;
	if (reading->n == 0)
		return frame_write(line,
				   "S %08" PRIx32 " %" PRIu32 " %" PRIu32 " %" PRId64 " led %s",
				   kit->id, seq, kit->base, age, reading->led);
	return frame_write(line,
			   "M %08" PRIx32 " %" PRIu32 " %" PRIu32 " %" PRId64 " n %" PRIu32 " -",
			   kit->id, seq, kit->base, age, reading->n);
}

static void begin_again_if_due(struct kit *kit, int64_t now)
{
	if (kit->send_from == kit->base || now < kit->resend_at)
		return;
	kit->send_from = kit->base;
	kit->resend_wait *= 2;
	if (kit->resend_wait > RESEND_LONGEST)
		kit->resend_wait = RESEND_LONGEST;
}

size_t kit_say(struct kit *kit, char line[FRAME_SIZE], int64_t now)
{
	if (now >= kit->hello_at)
		return say_hello(kit, line, now);
	if (kit->answering && kit->unsent > kit->answer_after) {
		kit->answering = false;
		return frame_write(line, "R %08" PRIx32 " %" PRIu32 " %" PRIu32, kit->id,
				   kit->command, kit->result);
	}
	begin_again_if_due(kit, now);
	measure(kit, now);
	if (kit->id == 0 || kit->send_from == kit->next)
		return 0;
	return say_reading(kit, line, now);
}

int64_t kit_wakes_at(const struct kit *kit)
{
	int64_t at = kit->hello_at;

	if (kit->send_from > kit->base && kit->resend_at < at)
		at = kit->resend_at;
	if (kit->settings->rate > 0 && !has_measured_all(kit) && kit->measure_at < at)
		at = kit->measure_at;
	return at;
}

bool kit_is_done(const struct kit *kit)
{
	return has_measured_all(kit) && kit->base == kit->next && !kit->answering;
}
