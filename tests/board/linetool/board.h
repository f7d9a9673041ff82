/* SPDX-License-Identifier: MIT
 *
 * One of scripted_board's boards: a kit, or a printer of plain lines, behind a UART.
 */
#ifndef LINETOOL_BOARD_H
#define LINETOOL_BOARD_H

#include "board_pty.h"
#include "kit.h"

#define BOARDS 256

struct options {
	const char *link;
	const char *name;
	struct kit_settings kit;
	uint64_t baud;
	uint64_t boards;
	double seconds; /* 0: until it is done */
	bool plain;
};

struct board {
	char link[256];
	struct board_pty pty;
	bool attached, busy; /* somebody listens; the UART has more to send than it could */
	double credit; /* bytes that the UART could have sent by now */
	int64_t paid_at; /* up to when that has been counted */
	struct kit kit; /* of a plain one only what it has measured */
	int64_t unread_at; /* when something was last seen to wait for its reader */
	uint64_t lost; /* bytes that nobody read */
	size_t at, length; /* line[at..length] is still to be sent */
	char line[FRAME_SIZE];
};

/* Makes its port. On failure prints why. Boards are numbered if there are several. */
bool board_start(struct board *board, const struct options *options, unsigned number);

/* Hears what has come, and says what the UART has had the time for. */
void board_turn(struct board *board, const struct options *options, int64_t now);

/* When it has something to do, though it hears nothing. */
int64_t board_wakes_at(const struct board *board, const struct options *options, int64_t now);

bool board_is_done(struct board *board, const struct options *options, int64_t now);

void board_report(const struct board *board);

#endif
