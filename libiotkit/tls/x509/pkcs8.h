/* SPDX-License-Identifier: MIT
 *
 * PKCS #8: the container that private keys are kept in, in clear or under a pass
 * phrase. mbedTLS 2.28 reads those of OpenSSL 3 in clear only, and writes none.
 * Sources: RFC 5958 (PKCS #8), RFC 8018 (PBES2, PBKDF2), RFC 7468 (PEM).
 */
#ifndef IOTKIT_TLS_X509_PKCS8_H
#define IOTKIT_TLS_X509_PKCS8_H

#include <mbedtls/pk.h>
#include <stdbool.h>
#include <stddef.h>

#include "iotkit.h"

/* An RSA or elliptic curve key as PEM: "PRIVATE KEY", or "ENCRYPTED PRIVATE KEY" when
 * there is a password (NULL or "": none). A text in secret memory, for secret_free(). */
iotkit_status pkcs8_write_pem(mbedtls_pk_context *key, const char *password, char **pem_out);

enum pkcs8_outcome {
	PKCS8_OPENED,
	PKCS8_MALFORMED,
	PKCS8_UNKNOWN_SCHEME, /* other than PBES2 */
	PKCS8_UNKNOWN_KDF, /* other than PBKDF2 with an HMAC that we have */
	PKCS8_UNKNOWN_CIPHER, /* other than AES or triple DES with CBC */
	PKCS8_TOO_COSTLY, /* to derive its key would take minutes */
	PKCS8_WRONG_PASSWORD,
	PKCS8_NO_MEMORY,
};

/* Whether it is an EncryptedPrivateKeyInfo, as far as its beginning tells. */
bool pkcs8_is_encrypted(const unsigned char *der, size_t size);

/* Decrypts an EncryptedPrivateKeyInfo to the PrivateKeyInfo in it: DER in secret
 * memory, for secret_free(). */
enum pkcs8_outcome pkcs8_decrypt(const unsigned char *der, size_t size, const char *password,
				 unsigned char **key_out, size_t *key_size);

#endif
