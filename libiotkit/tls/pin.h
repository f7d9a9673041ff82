/* SPDX-License-Identifier: MIT
 *
 * Pins: the only public keys that a peer may have. Source: RFC 7469 section 2.4.
 */
#ifndef IOTKIT_TLS_PIN_H
#define IOTKIT_TLS_PIN_H

#include <stddef.h>

#include "iotkit.h"
#include "tls/credentials.h"

/* tls.pin_sha256: hexadecimal, colons allowed, or base64, each after "sha256//" or
 * not; several with commas between. */
iotkit_status pin_parse(const char *text, unsigned char pins[PINS_MAX][SHA256_SIZE], size_t *count);

#endif
