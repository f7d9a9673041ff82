/* SPDX-License-Identifier: MIT
 *
 * The simulated board's serial port: simavr's UART on one side, a
 * pseudo-terminal on the other.
 */
#ifndef SIMBOARD_SERIAL_H
#define SIMBOARD_SERIAL_H

#include <avr_uart.h>
#include <sim_avr.h>

#include "board_pty.h"

struct serial {
	avr_irq_t *uart;
	struct board_pty pty;
	bool attached; /* somebody has the other end of the pty open */
	bool uart_ready; /* the UART's input has room (XON) */
	size_t sent; /* bytes waiting in out */
	uint8_t out[65536]; /* what the UART sent in this tick: a late one is long */
	size_t taken, received; /* in[taken..received] waits for the UART */
	uint8_t in[256];
};

void serial_wire(struct serial *serial, avr_t *avr, char uart);

/* Puts the cable in: makes the pseudo-terminal. On failure prints why. */
bool serial_plug(struct serial *serial, const char *link);
void serial_unplug(struct serial *serial);

/* Returns true when somebody has opened the port since the last time. */
bool serial_opened(struct serial *serial);

/* A reset turns the UART off until the firmware turns it on. */
void serial_reset(struct serial *serial);

/* Gives the UART what has come, unless its clock stands still: then that is lost. */
void serial_receive(struct serial *serial, bool listening);

/* Sends on what the UART has sent; what nobody takes is lost. */
void serial_transmit(struct serial *serial);

#endif
