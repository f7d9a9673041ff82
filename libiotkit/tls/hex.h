/* SPDX-License-Identifier: MIT
 *
 * Bytes in hexadecimal.
 */
#ifndef IOTKIT_TLS_HEX_H
#define IOTKIT_TLS_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* As many bytes as given, from twice as many digits; false if any is none. */
bool hex_decode(const char *digits, unsigned char *bytes, size_t size);

#endif
