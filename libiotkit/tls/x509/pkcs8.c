/* SPDX-License-Identifier: MIT */
#include "tls/x509/pkcs8.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <string.h>

#include "base/secret.h"
#include "tls/x509/compat.h"
#include "tls/x509/pbes2.h"

struct encrypted {
	mbedtls_asn1_buf scheme;
	mbedtls_asn1_buf parameters;
	mbedtls_asn1_buf bytes;
};

static bool take_apart(const unsigned char *der, size_t size, struct encrypted *out)
{
	unsigned char *p = (unsigned char *)der; /* which is only read */
	const unsigned char *end = der + size;
	size_t length;

	if (mbedtls_asn1_get_tag(&p, end, &length,
				 MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
		return false;
	end = p + length;
	if (mbedtls_asn1_get_alg(&p, end, &out->scheme, &out->parameters) != 0 ||
	    mbedtls_asn1_get_tag(&p, end, &out->bytes.len, MBEDTLS_ASN1_OCTET_STRING) != 0)
		return false;
	out->bytes.p = p;
	return p + out->bytes.len == end;
}

bool pkcs8_is_encrypted(const unsigned char *der, size_t size)
{
	struct encrypted encrypted;

	return take_apart(der, size, &encrypted);
}

/* A wrong password may leave something that is well padded by chance. */
static bool is_private_key_info(unsigned char *der, size_t size)
{
	const unsigned char *end = der + size;
	size_t length;
	int version;

	return mbedtls_asn1_get_tag(&der, end, &length,
				    MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) == 0 &&
	       der + length == end && mbedtls_asn1_get_int(&der, end, &version) == 0;
}

static enum pkcs8_outcome outcome_of(int rc)
{
	if (compat_is_no_memory(rc))
		return PKCS8_NO_MEMORY;
	switch (rc) {
	case MBEDTLS_ERR_CIPHER_FULL_BLOCK_EXPECTED:
		return PKCS8_MALFORMED;
	case MBEDTLS_ERR_MD_FEATURE_UNAVAILABLE:
	case MBEDTLS_ERR_MD_BAD_INPUT_DATA:
		return PKCS8_UNKNOWN_KDF;
	case MBEDTLS_ERR_CIPHER_FEATURE_UNAVAILABLE:
	case MBEDTLS_ERR_CIPHER_BAD_INPUT_DATA:
		return PKCS8_UNKNOWN_CIPHER;
	default:
		return PKCS8_WRONG_PASSWORD;
	}
}

static enum pkcs8_outcome decrypt(const struct pbes2 *scheme, const mbedtls_asn1_buf *bytes,
				  const char *password, unsigned char **key_out, size_t *key_size)
{
	unsigned char *key = secret_alloc(bytes->len + PBES2_BLOCK_MAX);

	if (key == NULL)
		return PKCS8_NO_MEMORY;
	int rc = pbes2_crypt(scheme, MBEDTLS_DECRYPT, password, bytes, key, key_size);
	if (rc == 0 && is_private_key_info(key, *key_size)) {
		*key_out = key;
		return PKCS8_OPENED;
	}
	secret_free(key);
	return outcome_of(rc);
}

enum pkcs8_outcome pkcs8_decrypt(const unsigned char *der, size_t size, const char *password,
				 unsigned char **key_out, size_t *key_size)
{
	struct encrypted encrypted;
	struct pbes2 scheme;

	if (!take_apart(der, size, &encrypted))
		return PKCS8_MALFORMED;
	if (MBEDTLS_OID_CMP(MBEDTLS_OID_PKCS5_PBES2, &encrypted.scheme) != 0)
		return PKCS8_UNKNOWN_SCHEME;
	enum pkcs8_outcome outcome = pbes2_parse(&encrypted.parameters, &scheme);
	if (outcome != PKCS8_OPENED)
		return outcome;
	return decrypt(&scheme, &encrypted.bytes, password, key_out, key_size);
}
