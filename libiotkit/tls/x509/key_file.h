/* SPDX-License-Identifier: MIT
 *
 * Private keys in files: read from any PEM or DER that OpenSSL writes, and
 * written as PKCS #8, under a pass phrase if there is one.
 * Sources: RFC 5958 (PKCS #8), RFC 8018 (PBES2).
 */
#ifndef IOTKIT_TLS_X509_KEY_FILE_H
#define IOTKIT_TLS_X509_KEY_FILE_H

#include <mbedtls/pk.h>

#include "iotkit.h"

/* Both names are for the sentences; option names may be "" where there is none. */
struct key_source {
	const char *path;
	const char *option; /* as "tls.key_file" */
	const char *password_file; /* "": none */
	const char *password_option; /* as "tls.key_password_file" */
};

/* The context is initialised by the caller, who frees it in either case. */
iotkit_status key_file_read(const struct key_source *source, mbedtls_pk_context *key);

#endif
