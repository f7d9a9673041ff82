/* SPDX-License-Identifier: MIT
 *
 * A board by docs/line-protocol.md, "What the board does", with time as a parameter. Its
 * readings are told apart by their value, which rises over all boots.
 */
#ifndef TESTS_MODEL_BOARD_H
#define TESTS_MODEL_BOARD_H

#include "device/frame.h"

enum { BOARD_ROOM = 8, BOARD_READINGS_MAX = 4096, BOARD_QUIET_MS = 4000 };

enum board_fate { FATE_NONE, FATE_WAITS, FATE_KEPT, FATE_DROPPED, FATE_RESET };

struct board {
	uint32_t id;
	uint32_t nonce;
	uint32_t base; /* the number of the oldest reading it has */
	uint32_t next; /* of the next one */
	uint32_t cursor; /* to be sent next */
	uint32_t values[BOARD_ROOM]; /* by number */
	int64_t resend_ms;
	int64_t pause_ms;
	int64_t hello_ms;
	int64_t hello_pause_ms;
	bool hello_due;
	uint32_t result_due; /* the number of a command to answer, 0: none */
	uint32_t obeyed; /* commands in all */
	uint32_t last_command;
	uint32_t made; /* readings in all */
	enum board_fate fates[BOARD_READINGS_MAX];
};

/* Also at the very first; what it had is gone. */
static inline void board_reset(struct board *board, uint32_t nonce, int64_t now_ms)
{
	for (uint32_t seq = board->base; seq < board->next; seq++)
		board->fates[board->values[seq % BOARD_ROOM]] = FATE_RESET;
	board->id = FRAME_ID_NONE;
	board->nonce = nonce;
	board->base = board->next = board->cursor = 1;
	board->pause_ms = 250;
	board->resend_ms = now_ms;
	board->hello_due = true;
	board->hello_ms = now_ms + 1000;
	board->hello_pause_ms = 1000;
	board->result_due = 0;
	board->last_command = 0;
}

/* Measures; false when it has measured enough for a life. */
static inline bool board_measure(struct board *board)
{
	if (board->made == BOARD_READINGS_MAX)
		return false;
	if (board->next - board->base == BOARD_ROOM) {
		board->fates[board->values[board->base % BOARD_ROOM]] = FATE_DROPPED;
		board->base++;
	}
	if (board->cursor < board->base)
		board->cursor = board->base;
	board->values[board->next % BOARD_ROOM] = board->made;
	board->fates[board->made++] = FATE_WAITS;
	board->next++;
	return true;
}

static inline void board_hear(struct board *board, const struct frame *frame, int64_t now_ms)
{
	board->hello_ms = now_ms + BOARD_QUIET_MS;
	if (frame->kind == FRAME_WHO) {
		board->hello_due = true;
	} else if (frame->kind == FRAME_WELCOME) {
		if (frame->nonce == board->nonce)
			board->id = frame->id;
	} else if (frame->id != board->id) {
		return;
	} else if (frame->kind == FRAME_ACK) {
		while (board->base < board->next && board->base <= frame->seq) {
			board->fates[board->values[board->base++ % BOARD_ROOM]] = FATE_KEPT;
			board->pause_ms = 250;
			board->resend_ms = now_ms + board->pause_ms;
		}
		if (board->cursor < board->base)
			board->cursor = board->base;
	} else if (frame->kind == FRAME_NAK) {
		board->cursor = frame->seq > board->base ? frame->seq : board->base;
		if (board->cursor > board->next)
			board->cursor = board->next;
	} else if (frame->kind == FRAME_COMMAND) {
		board->obeyed += frame->command != board->last_command;
		board->last_command = board->result_due = frame->command;
	}
}

/* What it says now, at most one frame; false: nothing. */
static inline bool board_say(struct board *board, int64_t now_ms, struct frame *out)
{
	if (now_ms >= board->hello_ms) {
		board->hello_due = true;
		board->hello_pause_ms =
			board->hello_pause_ms < 4000 ? board->hello_pause_ms * 2 : 4000;
		board->hello_ms = now_ms + board->hello_pause_ms;
	}
	if (board->hello_due) {
		*out = (struct frame){.kind = FRAME_HELLO,
				      .id = board->id,
				      .nonce = board->nonce,
				      .protocol = 1,
				      .room = 64,
				      .name = "model",
				      .firmware = "sketch",
				      .version = "0",
				      .commands = "led,fan"};
		board->hello_due = false;
		return true;
	}
	if (board->id == FRAME_ID_NONE)
		return false;
	if (board->result_due != 0) {
		*out = (struct frame){
			.kind = FRAME_RESULT, .id = board->id, .command = board->result_due};
		board->result_due = 0;
		return true;
	}
	if (board->base < board->next && now_ms >= board->resend_ms) {
		board->cursor = board->base;
		board->resend_ms = now_ms + board->pause_ms;
		board->pause_ms = board->pause_ms < 4000 ? board->pause_ms * 2 : 4000;
	}
	if (board->cursor == board->next)
		return false;
	*out = (struct frame){.kind = FRAME_METRIC,
			      .id = board->id,
			      .seq = board->cursor,
			      .base = board->base,
			      .name = "n",
			      .number = board->values[board->cursor % BOARD_ROOM],
			      .unit = ""};
	board->cursor++;
	return true;
}

#endif
