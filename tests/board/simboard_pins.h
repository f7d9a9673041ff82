/* SPDX-License-Identifier: MIT
 *
 * Tells on stdout when a pin of the simulated board changes.
 */
#ifndef SIMBOARD_PINS_H
#define SIMBOARD_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include <avr_ioport.h>
#include <sim_avr.h>

#define WATCHED_PINS 8

/* As the data sheet names it: B5. */
struct pin_name {
	char port;
	int bit;
};

struct pins {
	avr_t *avr;
	size_t count;
	struct watched_pin {
		struct pin_name name;
		avr_irq_t *irq;
		bool high;
	} pin[WATCHED_PINS];
};

/* Returns false, and says so, if this board has no such pin. */
bool pins_watch(struct pins *pins, avr_t *avr, const struct pin_name *names, size_t count);

/* Sees what simavr tells nobody: that a pin is no longer driven, as after a reset. */
void pins_look(struct pins *pins);

#endif
