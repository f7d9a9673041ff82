/* SPDX-License-Identifier: MIT
 *
 * Which bytes are UTF-8 text. Source: RFC 3629; MQTT 5.0 section 1.5.4.
 */
#ifndef IOTKIT_BASE_UTF8_H
#define IOTKIT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that text begins with, 1 to 4; 0 when it is none
 * (cut, overlong, a surrogate, above U+10FFFF, or size is 0). */
size_t utf8_character(const char *text, size_t size);

bool utf8_valid(const char *text, size_t size);

#endif
