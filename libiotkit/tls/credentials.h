/* SPDX-License-Identifier: MIT
 *
 * The files that TLS needs, read anew for every connection: whom we trust, and
 * who we are. What is wrong with a file is told with the file's name, what was
 * found in it and what mends it.
 */
#ifndef IOTKIT_TLS_CREDENTIALS_H
#define IOTKIT_TLS_CREDENTIALS_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>

#include "iotkit.h"
#include "tls/settings.h"

enum { PSK_MAX = 64, PINS_MAX = 8, SHA256_SIZE = 32 };

struct credentials {
	mbedtls_x509_crt ca; /* empty with TLS_VERIFY_NONE or a PSK */
	mbedtls_x509_crl crl;
	bool has_crl;
	mbedtls_x509_crt own; /* the client certificate, and its chain */
	mbedtls_pk_context key;
	bool has_own;
	unsigned char *psk; /* secret memory; NULL: none */
	size_t psk_size;
	unsigned char pins[PINS_MAX][SHA256_SIZE];
	size_t pin_count;
};

/* Fails with IOTKIT_EINVAL or IOTKIT_ENOMEM, and leaves nothing to free then. */
iotkit_status credentials_load(const struct tls_settings *settings, struct credentials *out);
void credentials_free(struct credentials *credentials);

#endif
