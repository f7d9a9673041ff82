/* SPDX-License-Identifier: MIT
 *
 * Private keys from the bytes of a file.
 */
#ifndef IOTKIT_TLS_X509_KEY_PARSE_H
#define IOTKIT_TLS_X509_KEY_PARSE_H

#include <mbedtls/pk.h>
#include <stddef.h>

#include "iotkit.h"
#include "tls/x509/key_file.h"

/* The bytes have a NUL behind them; the password is NULL when there is none. The
 * source is what sentences name. */
iotkit_status key_parse(const struct key_source *source, const char *bytes, size_t size,
			const char *password, mbedtls_pk_context *key);

#endif
