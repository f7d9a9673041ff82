/* SPDX-License-Identifier: MIT */
#include "tls/x509/pbes2.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <string.h>

#include "base/secret.h"
#include "tls/x509/compat.h"

/* Source: RFC 3565 section 4.1 */
#define OID_AES "\x60\x86\x48\x01\x65\x03\x04\x01"
#define OID_AES_128_CBC OID_AES "\x02"
#define OID_AES_192_CBC OID_AES "\x16"
#define OID_AES_256_CBC OID_AES "\x2a"

enum { KEY_MAX = 32, SALT_SIZE = 16 };

/* Source: OWASP Password Storage Cheat Sheet, 2023, for HMAC-SHA256 */
enum { ITERATIONS = 600000 };

struct pbes2_cipher {
	const char *oid;
	size_t oid_size;
	mbedtls_cipher_type_t type;
	size_t key_size;
	size_t block_size; /* and that of the initialisation vector */
};

#define CIPHER(oid, type, key, block)                                                              \
	{                                                                                          \
		oid, sizeof(oid) - 1, type, key, block                                             \
	}

/* What OpenSSL writes, the one we write first. */
static const struct pbes2_cipher ciphers[] = {
	CIPHER(OID_AES_256_CBC, MBEDTLS_CIPHER_AES_256_CBC, 32, 16),
	CIPHER(OID_AES_192_CBC, MBEDTLS_CIPHER_AES_192_CBC, 24, 16),
	CIPHER(OID_AES_128_CBC, MBEDTLS_CIPHER_AES_128_CBC, 16, 16),
	CIPHER(MBEDTLS_OID_DES_EDE3_CBC, MBEDTLS_CIPHER_DES_EDE3_CBC, 24, 8),
};

int pbes2_make(struct pbes2 *scheme)
{
	*scheme = (struct pbes2){
		.cipher = &ciphers[0],
		.hash = MBEDTLS_MD_SHA256,
		.iterations = ITERATIONS,
		.salt_size = SALT_SIZE,
	};
	int rc = compat_random(NULL, scheme->salt, scheme->salt_size);
	return rc != 0 ? rc : compat_random(NULL, scheme->iv, scheme->cipher->block_size);
}

static int write_kdf(unsigned char **p, unsigned char *start, const struct pbes2 *scheme)
{
	int ret;
	int size = 0;

	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_algorithm_identifier(
					   p, start, MBEDTLS_OID_HMAC_SHA256,
					   MBEDTLS_OID_SIZE(MBEDTLS_OID_HMAC_SHA256), 0));
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_int(p, start, (int)scheme->iterations));
	MBEDTLS_ASN1_CHK_ADD(
		size, mbedtls_asn1_write_octet_string(p, start, scheme->salt, scheme->salt_size));
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_len(p, start, (size_t)size));
	MBEDTLS_ASN1_CHK_ADD(
		size,
		mbedtls_asn1_write_tag(p, start, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE));
	return mbedtls_asn1_write_algorithm_identifier(p, start, MBEDTLS_OID_PKCS5_PBKDF2,
						       MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS5_PBKDF2),
						       (size_t)size);
}

int pbes2_write(unsigned char **p, unsigned char *start, const struct pbes2 *scheme)
{
	const struct pbes2_cipher *cipher = scheme->cipher;
	int ret;
	int size = mbedtls_asn1_write_octet_string(p, start, scheme->iv, cipher->block_size);

	if (size < 0)
		return size;
	size = mbedtls_asn1_write_algorithm_identifier(p, start, cipher->oid, cipher->oid_size,
						       (size_t)size);
	if (size < 0)
		return size;
	MBEDTLS_ASN1_CHK_ADD(size, write_kdf(p, start, scheme));
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_len(p, start, (size_t)size));
	MBEDTLS_ASN1_CHK_ADD(
		size,
		mbedtls_asn1_write_tag(p, start, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE));
	return mbedtls_asn1_write_algorithm_identifier(p, start, MBEDTLS_OID_PKCS5_PBES2,
						       MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS5_PBES2),
						       (size_t)size);
}

static enum pkcs8_outcome parse_hash(unsigned char **p, const unsigned char *end,
				     struct pbes2 *scheme)
{
	mbedtls_asn1_buf oid;

	scheme->hash = MBEDTLS_MD_SHA1;
	if (*p == end)
		return PKCS8_OPENED;
	if (mbedtls_asn1_get_alg_null(p, end, &oid) != 0 || *p != end)
		return PKCS8_MALFORMED;
	if (mbedtls_oid_get_md_hmac(&oid, &scheme->hash) != 0)
		return PKCS8_UNKNOWN_KDF;
	return PKCS8_OPENED;
}

/* Absent parameters are NULL. */
static bool enter_sequence(const mbedtls_asn1_buf *parameters, unsigned char **p,
			   const unsigned char **end)
{
	if (parameters->tag != (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
		return false;
	*p = parameters->p;
	*end = parameters->p + parameters->len;
	return true;
}

static enum pkcs8_outcome parse_kdf(const mbedtls_asn1_buf *parameters, struct pbes2 *scheme)
{
	unsigned char *p;
	const unsigned char *end;
	int iterations;
	int key_size;

	if (!enter_sequence(parameters, &p, &end) ||
	    mbedtls_asn1_get_tag(&p, end, &scheme->salt_size, MBEDTLS_ASN1_OCTET_STRING) != 0 ||
	    scheme->salt_size > sizeof scheme->salt)
		return PKCS8_MALFORMED;
	memcpy(scheme->salt, p, scheme->salt_size);
	p += scheme->salt_size;
	if (mbedtls_asn1_get_int(&p, end, &iterations) != 0 || iterations < 1)
		return PKCS8_MALFORMED;
	if (iterations > PBES2_ITERATIONS_MAX)
		return PKCS8_TOO_COSTLY;
	scheme->iterations = (unsigned int)iterations;
	if (p < end && *p == MBEDTLS_ASN1_INTEGER &&
	    (mbedtls_asn1_get_int(&p, end, &key_size) != 0 ||
	     key_size != (int)scheme->cipher->key_size))
		return PKCS8_MALFORMED;
	return parse_hash(&p, end, scheme);
}

static enum pkcs8_outcome parse_cipher(const mbedtls_asn1_buf *oid, const mbedtls_asn1_buf *iv,
				       struct pbes2 *scheme)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
		if (oid->len == ciphers[i].oid_size &&
		    memcmp(oid->p, ciphers[i].oid, oid->len) == 0)
			scheme->cipher = &ciphers[i];
	if (scheme->cipher == NULL)
		return PKCS8_UNKNOWN_CIPHER;
	if (iv->tag != MBEDTLS_ASN1_OCTET_STRING || iv->len != scheme->cipher->block_size)
		return PKCS8_MALFORMED;
	memcpy(scheme->iv, iv->p, iv->len);
	return PKCS8_OPENED;
}

enum pkcs8_outcome pbes2_parse(const mbedtls_asn1_buf *parameters, struct pbes2 *scheme)
{
	unsigned char *p;
	const unsigned char *end;
	mbedtls_asn1_buf kdf, kdf_parameters, cipher, iv;

	*scheme = (struct pbes2){.cipher = NULL};
	if (!enter_sequence(parameters, &p, &end) ||
	    mbedtls_asn1_get_alg(&p, end, &kdf, &kdf_parameters) != 0 ||
	    mbedtls_asn1_get_alg(&p, end, &cipher, &iv) != 0 || p != end)
		return PKCS8_MALFORMED;
	if (MBEDTLS_OID_CMP(MBEDTLS_OID_PKCS5_PBKDF2, &kdf) != 0)
		return PKCS8_UNKNOWN_KDF;
	enum pkcs8_outcome outcome = parse_cipher(&cipher, &iv, scheme);
	return outcome != PKCS8_OPENED ? outcome : parse_kdf(&kdf_parameters, scheme);
}

static int crypt_by(mbedtls_cipher_context_t *context, const struct pbes2 *scheme,
		    mbedtls_operation_t operation, const unsigned char *key,
		    const mbedtls_asn1_buf *input, unsigned char *output, size_t *output_size)
{
	const struct pbes2_cipher *cipher = scheme->cipher;
	int rc = mbedtls_cipher_setup(context, mbedtls_cipher_info_from_type(cipher->type));

	if (rc == 0)
		rc = mbedtls_cipher_set_padding_mode(context, MBEDTLS_PADDING_PKCS7);
	if (rc == 0)
		rc = mbedtls_cipher_setkey(context, key, (int)cipher->key_size * 8, operation);
	if (rc == 0)
		rc = mbedtls_cipher_crypt(context, scheme->iv, cipher->block_size, input->p,
					  input->len, output, output_size);
	return rc;
}

int pbes2_crypt(const struct pbes2 *scheme, mbedtls_operation_t operation, const char *password,
		const mbedtls_asn1_buf *input, unsigned char *output, size_t *output_size)
{
	unsigned char key[KEY_MAX];
	mbedtls_cipher_context_t context;
	int rc = compat_pbkdf2(scheme->hash, password, scheme->salt, scheme->salt_size,
			       scheme->iterations, key, scheme->cipher->key_size);

	mbedtls_cipher_init(&context);
	if (rc == 0)
		rc = crypt_by(&context, scheme, operation, key, input, output, output_size);
	mbedtls_cipher_free(&context);
	secret_wipe(key, sizeof key);
	return rc;
}
