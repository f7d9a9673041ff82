/* SPDX-License-Identifier: MIT
 *
 * Commands that wait for one board, and what becomes of them. They go one at a time, in
 * order. Knows neither ports nor clocks nor locks.
 */
#ifndef IOTKIT_DEVICE_COMMANDS_H
#define IOTKIT_DEVICE_COMMANDS_H

#include "base/error.h"
#include "device/kit.h"

enum {
	COMMANDS_MAX = 16,
	COMMAND_RETRY_MS = 500,
	/* A board that hears nothing says hello every 4 s: one that has been quiet for longer
	 * sleeps, or is not there, and is not sent a command. */
	COMMAND_AWAKE_MS = 5000
};

struct command {
	uint64_t id; /* the caller's */
	char *name;
	char *value;
	int64_t deadline_ms;
	uint32_t number; /* on the line */
	uint32_t boot; /* which it was sent to; 0: not sent yet */
	bool answered;
	uint32_t result;
};

/* All zero is empty. */
struct commands {
	struct command *waiting[COMMANDS_MAX]; /* the oldest first */
	size_t count;
	uint32_t next_number;
	bool begun; /* next_number was drawn */
	int64_t again_ms; /* when the first one may be sent again */
};

/* The board they are for, as it is now. */
struct commands_board {
	bool plain; /* it runs a plain sketch */
	uint32_t boot; /* 0: it is absent, or sleeps */
	const struct kit_hello *hello;
};

/* IOTKIT_EINVAL for what no frame can carry, or IOTKIT_ENOMEM. */
iotkit_status command_make(const char *name, const char *value, uint64_t id, int64_t deadline_ms,
			   struct command **out);
void command_free(struct command *command);

/* IOTKIT_EFULL when too many wait. */
iotkit_status commands_add(struct commands *commands, struct command *command);

/* Takes one out that has ended, and tells why; NULL when none has. */
struct command *commands_next_ended(struct commands *commands, const struct commands_board *board,
				    int64_t now_ms, struct reason *why);

/* Takes the first one out, whatever becomes of it; NULL when there is none. */
struct command *commands_take_out(struct commands *commands);

/* What is to be said to the board now; false: nothing. */
bool commands_next_frame(struct commands *commands, const struct commands_board *board,
			 int64_t now_ms, struct frame *out);

/* The board has answered a command of this number. */
void commands_answer(struct commands *commands, uint32_t number, uint32_t result);

/* When something is to be done next, if the board does nothing. */
int64_t commands_due(const struct commands *commands, const struct commands_board *board);

#endif
