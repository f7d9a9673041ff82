/* SPDX-License-Identifier: MIT
 *
 * PBES2: encryption under a key that is derived from a pass phrase.
 * Source: RFC 8018 sections 5.2, 6.2 and appendix A.
 */
#ifndef IOTKIT_TLS_X509_PBES2_H
#define IOTKIT_TLS_X509_PBES2_H

#include <mbedtls/asn1.h>
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <stddef.h>

#include "tls/x509/pkcs8.h"

enum { PBES2_SALT_MAX = 128, PBES2_BLOCK_MAX = 16, PBES2_ITERATIONS_MAX = 10000000 };

struct pbes2_cipher;

struct pbes2 {
	const struct pbes2_cipher *cipher;
	mbedtls_md_type_t hash;
	unsigned int iterations;
	size_t salt_size;
	unsigned char salt[PBES2_SALT_MAX];
	unsigned char iv[PBES2_BLOCK_MAX];
};

/* What we write: AES-256, HMAC-SHA256, a new salt. 0 or an error of mbedTLS. */
int pbes2_make(struct pbes2 *scheme);

/* The AlgorithmIdentifier, backwards from *p as mbedTLS writes: its size, or an error. */
int pbes2_write(unsigned char **p, unsigned char *start, const struct pbes2 *scheme);

/* The parameters in the AlgorithmIdentifier. */
enum pkcs8_outcome pbes2_parse(const mbedtls_asn1_buf *parameters, struct pbes2 *scheme);

/* The output has room for PBES2_BLOCK_MAX bytes more than the input; 0 or an error. */
int pbes2_crypt(const struct pbes2 *scheme, mbedtls_operation_t operation, const char *password,
		const mbedtls_asn1_buf *input, unsigned char *output, size_t *output_size);

#endif
