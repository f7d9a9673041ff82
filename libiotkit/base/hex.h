/* SPDX-License-Identifier: MIT
 *
 * Bytes in hexadecimal.
 */
#ifndef IOTKIT_BASE_HEX_H
#define IOTKIT_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* As many bytes as given, from twice as many digits; false if any is none. */
bool hex_decode(const char *digits, unsigned char *bytes, size_t size);

/* Twice as many digits, small ones, and a NUL. */
void hex_encode(const unsigned char *bytes, size_t size, char *digits);

#endif
