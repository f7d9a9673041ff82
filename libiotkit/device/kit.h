/* SPDX-License-Identifier: MIT
 *
 * The gateway's side of the line protocol, for one board: what becomes of each frame, by
 * the rules of docs/line-protocol.md, "What the gateway does". Knows neither ports nor
 * clocks.
 */
#ifndef IOTKIT_DEVICE_KIT_H
#define IOTKIT_DEVICE_KIT_H

#include "device/device.h"
#include "device/frame.h"

enum {
	KIT_PROTOCOL = 1,
	KIT_PAUSE_MS = 100 /* between two N, and between two ? */
};

/* What a board has said of itself. All zero: nothing. */
struct kit_hello {
	uint32_t room; /* bytes of the longest line it can read; 0: it has not said hello */
	/* Name, firmware, version and commands, each with its NUL. */
	char text[FRAME_SIZE_MAX];
	size_t size;
};

/* All zero is a board of which nothing is known. */
struct kit {
	uint32_t id; /* the boot whose readings are taken; 0: none */
	uint64_t expected; /* the number to be taken next; 0: the base of its first frame */
	uint32_t acked; /* what the board was last told as kept */
	bool ack_due; /* something was taken or repeated since */
	bool repeated; /* an A is due even if it says nothing new */
	bool refused; /* the expected one came, and could not be taken */
	uint32_t given_id; /* in a welcome; no frame has come with it yet */
	uint32_t given_nonce;
	uint32_t nak_seq; /* the number the last N asked for */
	int64_t nak_ms; /* when the next N for the same may go, */
	int64_t ask_ms; /* and the next ? */
	struct kit_hello hello;
};

/* Whom the kit serves, and what it needs of them. */
struct kit_host {
	void *context;
	/* To the board. False: there is no room for it now. */
	bool (*say)(void *context, const struct frame *frame);
	/* Takes a measurement or a state, whose turn it is. Not IOTKIT_OK: not now. */
	iotkit_status (*take)(void *context, const struct frame *frame);
	void (*position)(void *context, struct device_position *out);
	void (*dropped)(void *context, uint64_t count);
};

enum kit_outcome {
	KIT_PASSED_OVER, /* not of this boot, not in turn, or without sense */
	KIT_STRANGER, /* a hello of a protocol that is not ours */
	KIT_GREETED, /* a new boot, or a hello that differs from the last */
	KIT_KNOWN, /* a hello that says nothing new */
	KIT_TAKEN,
	KIT_REPEATED,
	KIT_ANSWERED /* the result of a command */
};

/* Only a gateway says such: it is an echo, or another gateway. */
bool kit_is_foreign(const struct frame *frame);

/* What a frame of the board leads to. now_ms is of a clock that never jumps. */
enum kit_outcome kit_take(struct kit *kit, const struct frame *frame, int64_t now_ms,
			  const struct kit_host *host);

/* Tells the board what is kept, where that is due. */
void kit_acknowledge(struct kit *kit, const struct kit_host *host);

/* May a position that has moved be worth telling? */
bool kit_has_unkept(const struct kit *kit);

/* Asks who is there, if it was not asked just now. */
void kit_ask(struct kit *kit, int64_t now_ms, const struct kit_host *host);

/* The boot that commands are for; 0: none is known. */
uint32_t kit_boot(const struct kit *kit);

const char *kit_name(const struct kit_hello *hello);
const char *kit_firmware(const struct kit_hello *hello);
const char *kit_version(const struct kit_hello *hello);
const char *kit_commands(const struct kit_hello *hello);

/* Is it one of the commands that the board says it has? */
bool kit_has_command(const struct kit_hello *hello, const char *name);

#endif
