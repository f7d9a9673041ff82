/* SPDX-License-Identifier: MIT */
#include "device/port_speed.h"

#include <string.h>

#include "base/clock.h"

/* The most usual first. 1200 is left out: boards with native USB take it, when DTR falls, for the
 * wish to be programmed. */
static const int rates[] = {9600,   115200, 57600,  38400,  19200,   74880,
			    230400, 4800,   250000, 500000, 1000000, 2400};

enum {
	RATES = sizeof rates / sizeof rates[0],
	NOISE_BYTES = 64, /* fewer may be a burst from the mains */
	NOISE_SHARE = 8, /* one bad byte in so many, ... */
	SAME_SHARE = 2, /* ... or when always the same, as a degree sign of Latin-1 */
	RUN_ON_BYTES = 200, /* without a newline */
	RUN_BYTES = 8 /* of text in whole lines are no accident */
};

/* ---- What bytes look like ----------------------------------------------- */

/* How many bytes follow this one in its character; -1 when it can begin none. */
static int utf8_follow(unsigned char byte)
{
	if (byte < 0x80)
		return byte == '\t' || byte == '\r' || byte == '\n' || (byte >= ' ' && byte != 0x7f)
			       ? 0
			       : -1;
	if (byte >= 0xc2 && byte <= 0xdf)
		return 1;
	if (byte >= 0xe0 && byte <= 0xef)
		return 2;
	return byte >= 0xf0 && byte <= 0xf4 ? 3 : -1;
}

static bool is_good(struct port_judge *judge, unsigned char byte)
{
	if (judge->utf8_left > 0 && (byte & 0xc0) == 0x80) {
		judge->utf8_left--;
		return true;
	}
	if (judge->utf8_left > 0) {
		judge->utf8_left = 0;
		judge->bad++;
		judge->running = false;
	}
	int follow = utf8_follow(byte);
	judge->utf8_left = follow > 0 ? (unsigned)follow : 0;
	return follow >= 0;
}

static void begin_run(struct port_judge *judge)
{
	judge->running = true;
	judge->run = 0;
	judge->run_lines = 0;
	judge->run_digit = false;
	judge->digit = false;
}

static void end_line(struct port_judge *judge)
{
	judge->unended = 0;
	if (!judge->running) {
		begin_run(judge);
		return;
	}
	judge->run_lines = judge->run;
	judge->run_digit = judge->run_digit || judge->digit;
	judge->digit = false;
}

void port_judge_add(struct port_judge *judge, const char *bytes, size_t size)
{
	judge->bytes += size;
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		judge->unended++;
		if (!is_good(judge, byte)) {
			judge->varied =
				judge->varied || (judge->bad > 0 && byte != judge->last_bad);
			judge->last_bad = byte;
			judge->bad++;
			judge->running = false;
			continue;
		}
		judge->run++;
		judge->digit = judge->digit || (byte >= '0' && byte <= '9');
		if (byte == '\n')
			end_line(judge);
	}
}

static bool is_garbled(const struct port_judge *judge)
{
	unsigned share = judge->varied ? NOISE_SHARE : SAME_SHARE;

	return judge->bytes >= NOISE_BYTES && judge->bad * share >= judge->bytes;
}

enum port_verdict port_judge_verdict(const struct port_judge *judge)
{
	if (judge->running && judge->run_lines >= RUN_BYTES)
		return judge->run_digit ? PORT_VERDICT_TEXT : PORT_VERDICT_WORDS;
	if (is_garbled(judge) || judge->unended >= RUN_ON_BYTES)
		return PORT_VERDICT_NOISE;
	return PORT_VERDICT_UNSURE;
}

/* ---- Searching ---------------------------------------------------------- */

/* Begins to listen anew. */
static void listen_at(struct port_speed *speed, enum port_speed_phase phase, int rate,
		      int64_t now_ms)
{
	speed->phase = phase;
	speed->rate = rate;
	speed->since_ms = now_ms;
	memset(&speed->judge, 0, sizeof speed->judge);
}

void port_speed_start(struct port_speed *speed, int baud)
{
	memset(speed, 0, sizeof *speed);
	speed->configured = baud;
	speed->patience_ms = PORT_SPEED_PATIENCE_MS;
	listen_at(speed, PORT_SPEED_WATCH, baud, -1);
}

void port_speed_take(struct port_speed *speed, const char *bytes, size_t size, int64_t now_ms)
{
	if (speed->phase == PORT_SPEED_OFF)
		return;
	if (speed->since_ms < 0)
		speed->since_ms = now_ms;
	port_judge_add(&speed->judge, bytes, size);
	/* At once, since text may be followed by noise before the next step. */
	enum port_verdict verdict = port_judge_verdict(&speed->judge);
	if (!port_speed_searching(speed) &&
	    (verdict == PORT_VERDICT_TEXT || verdict == PORT_VERDICT_WORDS))
		speed->phase = PORT_SPEED_OFF;
}

bool port_speed_searching(const struct port_speed *speed)
{
	return speed->phase == PORT_SPEED_SEARCH;
}

static int64_t dwell_ms(const struct port_judge *judge)
{
	if (judge->bytes == 0)
		return PORT_SPEED_SILENT_MS;
	return port_judge_verdict(judge) == PORT_VERDICT_NOISE ? PORT_SPEED_NOISE_MS
							       : PORT_SPEED_DWELL_MS;
}

int64_t port_speed_due(const struct port_speed *speed)
{
	int64_t patience = speed->patience_ms;

	switch (speed->phase) {
	case PORT_SPEED_WATCH:
		if (port_judge_verdict(&speed->judge) != PORT_VERDICT_NOISE)
			return CLOCK_NEVER;
		if (!is_garbled(&speed->judge) && patience < PORT_SPEED_RUN_ON_MS)
			patience = PORT_SPEED_RUN_ON_MS;
		return speed->since_ms + patience;
	case PORT_SPEED_SEARCH:
	case PORT_SPEED_CONFIRM:
		return speed->since_ms + dwell_ms(&speed->judge);
	case PORT_SPEED_GIVE_UP:
		return speed->since_ms;
	default:
		return CLOCK_NEVER;
	}
}

/* To the next rate, or back when there is none. */
static enum port_speed_step move_on(struct port_speed *speed, int64_t now_ms)
{
	if (speed->next < RATES && rates[speed->next] == speed->configured)
		speed->next++;
	if (speed->next < RATES)
		listen_at(speed, PORT_SPEED_SEARCH, rates[speed->next++], now_ms);
	else
		listen_at(speed, speed->fit != 0 ? PORT_SPEED_CONFIRM : PORT_SPEED_GIVE_UP,
			  speed->configured, now_ms);
	return PORT_SPEED_SET;
}

static enum port_speed_step judge_rate(struct port_speed *speed, int64_t now_ms)
{
	enum port_verdict verdict = port_judge_verdict(&speed->judge);

	if (verdict == PORT_VERDICT_TEXT) {
		speed->fit = speed->rate;
		listen_at(speed, PORT_SPEED_CONFIRM, speed->configured, now_ms);
		return PORT_SPEED_SET;
	}
	if (now_ms < port_speed_due(speed))
		return PORT_SPEED_STAY;
	if (verdict == PORT_VERDICT_WORDS && speed->fit == 0)
		speed->fit = speed->rate;
	return move_on(speed, now_ms);
}

/* The next search waits for more noise. */
static enum port_speed_step tell(struct port_speed *speed)
{
	speed->patience_ms = PORT_SPEED_AGAIN_MS;
	listen_at(speed, PORT_SPEED_WATCH, speed->configured, -1);
	return PORT_SPEED_TELL;
}

enum port_speed_step port_speed_step(struct port_speed *speed, int64_t now_ms)
{
	switch (speed->phase) {
	case PORT_SPEED_WATCH:
		if (now_ms < port_speed_due(speed))
			return PORT_SPEED_STAY;
		speed->next = 0;
		speed->fit = 0;
		return move_on(speed, now_ms);
	case PORT_SPEED_SEARCH:
		return judge_rate(speed, now_ms);
	case PORT_SPEED_CONFIRM:
		return now_ms >= port_speed_due(speed) ? tell(speed) : PORT_SPEED_STAY;
	case PORT_SPEED_GIVE_UP:
		return tell(speed);
	default:
		return PORT_SPEED_STAY;
	}
}

void port_speed_refused(struct port_speed *speed)
{
	if (port_speed_searching(speed))
		speed->since_ms -= PORT_SPEED_SILENT_MS;
}
