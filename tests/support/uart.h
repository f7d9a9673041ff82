/* SPDX-License-Identifier: MIT
 *
 * What a serial port hears when it listens at another baud rate than it is talked to at.
 */
#ifndef TESTS_UART_H
#define TESTS_UART_H

#include <stddef.h>

/* Bytes sent at one rate without pause, 8N1, as they arrive at another. Returns how many, at most
 * out_size. */
size_t uart_hear(const char *bytes, size_t size, int sent_at, int heard_at, char *out,
		 size_t out_size);

#endif
