/* SPDX-License-Identifier: MIT
 *
 * What simboard is told on its command line.
 */
#ifndef SIMBOARD_OPTIONS_H
#define SIMBOARD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "simboard_pins.h"

/* A kind of board, as the Arduino IDE knows it. */
struct machine {
	const char *mcu; /* as simavr names it */
	char uart; /* the one that is the serial port */
	int inputs[2]; /* the ADC's channels of A0 and A1 */
};

struct options {
	const struct machine *machine;
	const char *firmware;
	const char *link;
	double seconds; /* 0: until told to stop */
	bool reset_on_open;
	size_t pin_count;
	struct pin_name pins[WATCHED_PINS];
};

/* Returns -1 to go on, or the code to exit with. */
int options_parse(int argc, char **argv, struct options *options);

#endif
