/* SPDX-License-Identifier: MIT
 *
 * What a file looks like that is not what was asked for.
 */
#ifndef IOTKIT_TLS_X509_LOOK_H
#define IOTKIT_TLS_X509_LOOK_H

#include <stddef.h>

enum look {
	LOOKS_CERTIFICATE,
	LOOKS_TRUSTED_CERTIFICATE, /* of OpenSSL alone */
	LOOKS_REQUEST,
	LOOKS_CRL,
	LOOKS_PRIVATE_KEY,
	LOOKS_ENCRYPTED_KEY, /* PKCS #8 */
	LOOKS_SSH_KEY,
	LOOKS_PUBLIC_KEY,
	LOOKS_PKCS12,
	LOOKS_PEM, /* of another kind, or broken */
	LOOKS_TEXT,
	LOOKS_BINARY,
};

/* The bytes have a NUL behind them. Judges by the first PEM label, or as DER. */
enum look look_at(const char *bytes, size_t size);

/* "a certificate" */
const char *look_name(enum look look);

/* What to do when a certificate was asked for. */
const char *look_mend(enum look look);

#endif
