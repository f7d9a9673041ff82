/* SPDX-License-Identifier: MIT
 *
 * Deep sleep. To simavr all kinds of sleep are the same, and a timer ends each;
 * in power-down, though, the clocks stand still, and only the watchdog or a change
 * at a pin wakes the processor.
 */
#ifndef SIMBOARD_SLEEP_H
#define SIMBOARD_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

#include <sim_avr.h>

struct deep_sleep {
	avr_t *avr;
	bool asleep;
	uint64_t muted; /* which of simavr's vectors must not wake it: a bit each */
};

/* Call it when the machine has been built. */
void deep_sleep_watch(struct deep_sleep *sleep, avr_t *avr);

/* Call it when the processor has fallen asleep, */
void deep_sleep_begin(struct deep_sleep *sleep);

/* when it is awake again, */
void deep_sleep_end(struct deep_sleep *sleep);

/* and when it has been reset, which makes all of that void. */
void deep_sleep_forget(struct deep_sleep *sleep);

#endif
