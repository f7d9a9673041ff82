/* SPDX-License-Identifier: MIT
 *
 * Which baud rate a board most likely talks at, when at the configured one nothing but noise
 * comes: listens at others for a moment each. Knows nothing of ports; time is a parameter.
 */
#ifndef IOTKIT_DEVICE_PORT_SPEED_H
#define IOTKIT_DEVICE_PORT_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PORT_SPEED_PATIENCE_MS = 3000, /* noise for so long is worth a search */
	PORT_SPEED_RUN_ON_MS = 10000, /* text without an end of line may be meant */
	PORT_SPEED_NOISE_MS =
		400, /* at a rate where noise comes: some is still of the rate before */
	PORT_SPEED_DWELL_MS = 1200, /* at one where it is not clear what comes */
	PORT_SPEED_SILENT_MS = 3000, /* the same when nothing comes */
	PORT_SPEED_AGAIN_MS = 60000 /* of noise, to the next search */
};

/* ---- What bytes look like ----------------------------------------------- */

enum port_verdict {
	PORT_VERDICT_UNSURE,
	PORT_VERDICT_TEXT, /* whole lines, with digits in them */
	PORT_VERDICT_WORDS, /* whole lines without: a rate that is off by a tenth may do that */
	PORT_VERDICT_NOISE
};

/* All zero: nothing came. */
struct port_judge {
	uint64_t bytes;
	uint64_t bad; /* are no part of a text */
	unsigned char last_bad;
	bool varied; /* not all bad ones are the same */
	uint64_t unended; /* came since the last newline */
	/* The run of good bytes behind the last newline that followed a bad one, or nothing. */
	bool running;
	uint32_t run;
	uint32_t run_lines; /* of them, in whole lines */
	bool run_digit;
	bool digit; /* in the line at hand */
	unsigned utf8_left; /* bytes of the character at hand */
};

void port_judge_add(struct port_judge *judge, const char *bytes, size_t size);
enum port_verdict port_judge_verdict(const struct port_judge *judge);

/* ---- Searching ---------------------------------------------------------- */

enum port_speed_phase {
	PORT_SPEED_OFF,
	PORT_SPEED_WATCH,
	PORT_SPEED_SEARCH,
	PORT_SPEED_CONFIRM, /* back at the configured rate: is it still noise? */
	PORT_SPEED_GIVE_UP
};

enum port_speed_step {
	PORT_SPEED_STAY,
	PORT_SPEED_SET, /* the port is to be set to rate */
	PORT_SPEED_TELL /* fit is the board's rate most likely; 0: none is */
};

struct port_speed {
	enum port_speed_phase phase;
	int configured;
	int rate; /* now */
	int fit;
	size_t next; /* in the list of rates */
	int64_t since_ms; /* since when the judge listens; -1 in PORT_SPEED_WATCH: nothing came */
	int64_t patience_ms;
	struct port_judge judge;
};

/* The port was opened at this rate. */
void port_speed_start(struct port_speed *speed, int baud);

/* Bytes came at the rate of now. */
void port_speed_take(struct port_speed *speed, const char *bytes, size_t size, int64_t now_ms);

/* Bytes that come now are not meant for the lines. */
bool port_speed_searching(const struct port_speed *speed);

/* When port_speed_step() is to be called, besides after port_speed_take(); until it says STAY. */
int64_t port_speed_due(const struct port_speed *speed);
enum port_speed_step port_speed_step(struct port_speed *speed, int64_t now_ms);

/* The driver does not do the rate that was to be set. */
void port_speed_refused(struct port_speed *speed);

#endif
