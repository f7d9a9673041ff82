/* SPDX-License-Identifier: MIT
 *
 * The private keys of certificates in the making.
 */
#ifndef IOTKIT_TLS_X509_ISSUE_KEY_H
#define IOTKIT_TLS_X509_ISSUE_KEY_H

#include <mbedtls/pk.h>
#include <stdint.h>

#include "iotkit.h"

/* A new one of this kind; 0 or mbedTLS's code. */
int issue_key_make(int32_t kind, mbedtls_pk_context *key);

/* As PEM, under the pass phrase in the file unless it is NULL; for secret_free(). */
iotkit_status issue_key_write(mbedtls_pk_context *key, const char *password_file, char **pem_out);

#endif
