/* SPDX-License-Identifier: MIT */
#include "simboard_serial.h"

static void uart_sent(avr_irq_t *irq, uint32_t value, void *param)
{
	struct serial *serial = param;

	(void)irq;
	if (serial->sent < sizeof serial->out)
		serial->out[serial->sent++] = (uint8_t)value;
}

/*
 * The UART says XON again and again while it has room, and XOFF from within
 * avr_raise_irq() when a byte has filled it. Bytes sent after that would be lost.
 */
static void feed_uart(struct serial *serial)
{
	while (serial->uart_ready && serial->taken < serial->received)
		avr_raise_irq(serial->uart + UART_IRQ_INPUT, serial->in[serial->taken++]);
}

static void uart_xon(avr_irq_t *irq, uint32_t value, void *param)
{
	struct serial *serial = param;

	(void)irq, (void)value;
	serial->uart_ready = true;
	feed_uart(serial);
}

static void uart_xoff(avr_irq_t *irq, uint32_t value, void *param)
{
	struct serial *serial = param;

	(void)irq, (void)value;
	serial->uart_ready = false;
}

void serial_wire(struct serial *serial, avr_t *avr, char uart)
{
	uint32_t flags = 0; /* the default would echo to stdout, and sleep by itself */

	avr_ioctl(avr, (uint32_t)AVR_IOCTL_UART_SET_FLAGS(uart), &flags);
	serial->uart = avr_io_getirq(avr, (uint32_t)AVR_IOCTL_UART_GETIRQ(uart), 0);
	avr_irq_register_notify(serial->uart + UART_IRQ_OUTPUT, uart_sent, serial);
	avr_irq_register_notify(serial->uart + UART_IRQ_OUT_XON, uart_xon, serial);
	avr_irq_register_notify(serial->uart + UART_IRQ_OUT_XOFF, uart_xoff, serial);
}

bool serial_plug(struct serial *serial, const char *link)
{
	return board_pty_open(&serial->pty, link);
}

void serial_unplug(struct serial *serial)
{
	board_pty_close(&serial->pty);
	serial->attached = false;
	serial->taken = serial->received = 0;
}

bool serial_opened(struct serial *serial)
{
	bool before = serial->attached;

	serial->attached = board_pty_attached(&serial->pty);
	if (before && !serial->attached)
		board_pty_forget(&serial->pty);
	return serial->attached && !before;
}

void serial_reset(struct serial *serial)
{
	serial->uart_ready = false;
}

void serial_receive(struct serial *serial, bool listening)
{
	if (serial->taken == serial->received) {
		serial->taken = 0;
		serial->received = board_pty_read(&serial->pty, serial->in, sizeof serial->in);
	}
	if (listening)
		feed_uart(serial);
	else
		serial->taken = serial->received;
}

void serial_transmit(struct serial *serial)
{
	if (serial->attached && serial->sent > 0)
		board_pty_write(&serial->pty, serial->out, serial->sent);
	serial->sent = 0;
}
