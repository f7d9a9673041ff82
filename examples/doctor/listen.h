/* SPDX-License-Identifier: MIT
 *
 * Listening to boards without taking anything from them: a handle each, that never connects and
 * whose outbox is full, so that a board with the library IoTKit keeps its readings.
 */
#ifndef EXAMPLES_DOCTOR_LISTEN_H
#define EXAMPLES_DOCTOR_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <iotkit.h>

enum { LISTEN_TEXT_SIZE = 1024 };

struct listener {
	iotkit *iot; /* NULL: the URI is no good, and `state` says why */
	bool any; /* "serial:auto": perhaps there is none */
	bool told; /* the port is open, or cannot be */
	iotkit_status status; /* IOTKIT_OK: it is open */
	int64_t since_ms; /* when it was told, on wait_now()'s clock, or listening began */
	char state[LISTEN_TEXT_SIZE]; /* in the library's words */
	char metric[LISTEN_TEXT_SIZE]; /* the first one, as "temperature 23.5"; or "" */
	char greeting[LISTEN_TEXT_SIZE]; /* what a board said of itself, or a comment of it */
	char complaint[LISTEN_TEXT_SIZE]; /* why lines are no good: the last word of that */
	bool garbled; /* what came may be noise */
	bool searched; /* the complaint is of noise, and all baud rates were tried */
	iotkit_stats stats;
};

/* Opens the port without resetting its board, where that can be. */
void listen_begin(struct listener *listener, const char *name, const char *uri);

/* Until each is understood, or the time is over; noise gets more, for the baud rate to be
 * found. */
void listen_all(struct listener *listeners, size_t count, int listen_ms);

void listen_end(struct listener *listener);

#endif
