/* SPDX-License-Identifier: MIT
 *
 * A board on a pty that speaks the line protocol (docs/line-protocol.md), and says what the
 * test has it say: right or wrong, once or often.
 *
 *     struct kit kit;
 *     kit_plug_in(&kit, link_path);
 *     ... the program under test opens link_path ...
 *     kit_greet(&kit, 1);
 *     kit_say(&kit, "M %08x 1 1 0 temperature 23.5 Cel", kit.id);
 *     kit_hear(&kit, "A ");
 *     kit_unplug(&kit);
 *
 * Every wait has the same generous deadline, and fails the test with the last thing heard.
 */
#ifndef TESTS_KIT_H
#define TESTS_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pty.h"

enum { KIT_LINE_MAX = 1100 };

struct kit {
	struct pty pty;
	uint32_t id; /* as the last welcome gave it; 0: none yet */
	const char *commands; /* of its hello; NULL: led */
	int room; /* likewise; 0: 64 */
	char line[KIT_LINE_MAX]; /* what has come of a line that is not whole yet */
	size_t size;
	char heard[KIT_LINE_MAX]; /* the last frame, without its CRC, its ~ and its last space */
};

/* Makes the port, with a symbolic link to it. Nobody need have it open. */
void kit_plug_in(struct kit *kit, const char *link);

/* Does nothing if it is not plugged in. */
void kit_unplug(struct kit *kit);

/* Makes a frame of kind and fields, as "M 5f3a9c01 1 1 0 n 1 -", without a newline. */
void kit_frame(char frame[KIT_LINE_MAX], const char *body);

/* The same, and says it. */
void kit_say(struct kit *kit, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A reading of the kit's own, with a value that is its number. */
void kit_measure(struct kit *kit, uint32_t seq, uint32_t base);

/* The next frame from the gateway that begins so, as "A "; all before it are skipped. Returns
 * kit->heard. */
const char *kit_hear(struct kit *kit, const char *beginning);

/* Whether one comes in time. */
bool kit_hears(struct kit *kit, const char *beginning, int within_ms);

/* Says hello without an id until it is welcomed, as after a reset. */
void kit_greet(struct kit *kit, uint32_t nonce);

/* As it would after a while of silence, with its id. */
void kit_greet_again(struct kit *kit);

/* The number in the A that was heard last. */
uint32_t kit_kept(const struct kit *kit);

/* The next A covers this number, and no later one. */
void kit_hear_kept(struct kit *kit, uint32_t seq);

/* Sends readings again, as kit_measure(), until an A covers the last one. */
void kit_deliver(struct kit *kit, uint32_t first, uint32_t last);

/* Waits for a command, and returns its number, with its name and value in kit->heard:
 * "C 5f3a9c01 7 led 1". */
uint32_t kit_hear_command(struct kit *kit, const char *name, const char *value);

#endif
