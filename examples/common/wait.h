/* SPDX-License-Identifier: MIT
 *
 * Waiting for the library's events, for input and for Ctrl-C at once, so that
 * a program ends cleanly whatever it waits for.
 */
#ifndef EXAMPLES_COMMON_WAIT_H
#define EXAMPLES_COMMON_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include <iotkit.h>

enum {
	WAIT_STOP = 1, /* SIGINT or SIGTERM came, now or earlier */
	WAIT_EVENT = 2, /* iotkit_next_event() has something */
	WAIT_INPUT = 4 /* the descriptor can be read, or has ended */
};

#define WAIT_FOREVER INT64_MAX

/* Catches SIGINT and SIGTERM from now on. A second one ends the program at
 * once. A closed pipe becomes an error of the write, not a signal. */
void wait_start(void);

/* Also catches SIGHUP, by which a service is told to reload. But with a terminal as standard
 * error it says that the terminal is gone, and ends the program as ever. */
void wait_for_reloads(void);

/* Whether SIGHUP came since this was asked last. */
bool wait_reload_asked(void);

/* Milliseconds on a clock that nobody sets. */
int64_t wait_now(void);

bool wait_stopped(void);

/* Waits until something is there, a signal came, or the deadline on wait_now()'s clock has
 * passed; 0 when nothing is there (yet: look at the clock). A handle of NULL or
 * a descriptor of -1 is not waited for. */
int wait_for(iotkit *iot, int input, int64_t deadline);

#endif
