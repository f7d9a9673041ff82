/* SPDX-License-Identifier: MIT
 *
 * Linked into every simulated sketch. The Arduino core calls yield() while
 * delay() waits; sleeping there until the next interrupt leaves simavr nothing
 * to execute: it cuts the load of the host to a sixth. A sketch may still define
 * its own yield().
 */
#include <avr/io.h>
#include <avr/sleep.h>

void yield(void) __attribute__((weak));

void yield(void)
{
	/* Asleep without interrupts it would never wake. */
	if ((SREG & (1 << SREG_I)) == 0)
		return;
	set_sleep_mode(SLEEP_MODE_IDLE);
	sleep_mode();
}
