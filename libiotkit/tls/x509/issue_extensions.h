/* SPDX-License-Identifier: MIT
 *
 * The extensions of certificates in the making, beside their names.
 * Source: RFC 5280 section 4.2.1.
 */
#ifndef IOTKIT_TLS_X509_ISSUE_EXTENSIONS_H
#define IOTKIT_TLS_X509_ISSUE_EXTENSIONS_H

#include <mbedtls/x509_crt.h>
#include <stdint.h>

/* Both return 0 or mbedTLS's code. */

/* What a certificate of this kind, with this key, may be used for. */
int issue_uses(mbedtls_x509write_cert *writer, int32_t kind, const mbedtls_pk_context *key);

/* Which key it has and which key signs it, named as in the certificates that there
 * are: the one it follows, or NULL, and its signer's, or NULL. */
int issue_key_identifiers(mbedtls_x509write_cert *writer, const mbedtls_x509_crt *old,
			  const mbedtls_x509_crt *ca);

#endif
