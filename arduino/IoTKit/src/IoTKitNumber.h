/* SPDX-License-Identifier: MIT
 *
 * Numbers as text, without printf. Part of the IoTKit library; sketches include IoTKit.h.
 */
#ifndef IOTKIT_NUMBER_H
#define IOTKIT_NUMBER_H

#include <stdint.h>

/* Room for the longest of these texts and its final zero. */
enum { IOTKIT_NUMBER_SIZE = 16 };

/* Writes a number in units of so many decimal places: 2350, 2 is 23.50. Returns where its zero is.
 */
char *iotkitDigits(char *to, uint32_t number, uint8_t places);

/*
 * Writes a finite number with so many digits after the point, or fewer where it would be more than
 * 9 in all; where it is too large for that as 6.022141e23.
 */
void iotkitDecimal(char *to, double number, uint8_t digits);

#endif
