/* SPDX-License-Identifier: MIT */
#include "tls/x509/pkcs8.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/base64.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/oid.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "tls/x509/compat.h"
#include "tls/x509/pbes2.h"

/* Of RSA with 16384 bits, the most that mbedTLS takes, with what goes around it. */
enum { KEY_DER_MAX = 16384 };

/* Source: RFC 7468 section 2 */
enum { LINE_BYTES = 48, LINE_CHARACTERS = 64, LABEL_LINES_MAX = 80 };

static int write_sequence(unsigned char **p, unsigned char *start, int size)
{
	int ret;

	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_len(p, start, (size_t)size));
	MBEDTLS_ASN1_CHK_ADD(
		size,
		mbedtls_asn1_write_tag(p, start, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE));
	return size;
}

/* What kind of key it is: an AlgorithmIdentifier. */
static int write_kind(unsigned char **p, unsigned char *start, const mbedtls_pk_context *key)
{
	const char *oid;
	size_t oid_size;
	int ret;
	int size = 0;

	if (mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA)
		return mbedtls_asn1_write_algorithm_identifier(
			p, start, MBEDTLS_OID_PKCS1_RSA, MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS1_RSA),
			0);
	if (mbedtls_pk_get_type(key) != MBEDTLS_PK_ECKEY)
		return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
	ret = mbedtls_oid_get_oid_by_ec_grp(mbedtls_pk_ec(*key)->MBEDTLS_PRIVATE(grp).id, &oid,
					    &oid_size);
	if (ret != 0)
		return ret;
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_oid(p, start, oid, oid_size));
	return mbedtls_asn1_write_algorithm_identifier(
		p, start, MBEDTLS_OID_EC_ALG_UNRESTRICTED,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_EC_ALG_UNRESTRICTED), (size_t)size);
}

/* The PrivateKeyInfo, at the end of the space; its size, or an error. */
static int write_clear(mbedtls_pk_context *key, unsigned char *space)
{
	unsigned char *p = space + KEY_DER_MAX;
	int ret;
	int size = mbedtls_pk_write_key_der(key, space, KEY_DER_MAX);

	if (size < 0)
		return size;
	p -= size;
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_len(&p, space, (size_t)size));
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_tag(&p, space, MBEDTLS_ASN1_OCTET_STRING));
	MBEDTLS_ASN1_CHK_ADD(size, write_kind(&p, space, key));
	MBEDTLS_ASN1_CHK_ADD(size, mbedtls_asn1_write_int(&p, space, 0));
	return write_sequence(&p, space, size);
}

static int write_encrypted_info(const struct pbes2 *scheme, const unsigned char *bytes, size_t size,
				unsigned char *space)
{
	unsigned char *p = space + KEY_DER_MAX;
	int ret;
	int total = mbedtls_asn1_write_octet_string(&p, space, bytes, size);

	if (total < 0)
		return total;
	MBEDTLS_ASN1_CHK_ADD(total, pbes2_write(&p, space, scheme));
	return write_sequence(&p, space, total);
}

/* The EncryptedPrivateKeyInfo in place of the clear one, both at the end of the space. */
static int write_encrypted(const char *password, unsigned char *space, int clear_size)
{
	const mbedtls_asn1_buf clear = {.len = (size_t)clear_size,
					.p = space + KEY_DER_MAX - clear_size};
	struct pbes2 scheme;
	size_t size;
	unsigned char *encrypted = secret_alloc(clear.len + PBES2_BLOCK_MAX);

	if (encrypted == NULL)
		return MBEDTLS_ERR_PK_ALLOC_FAILED;
	int rc = pbes2_make(&scheme);
	if (rc == 0)
		rc = pbes2_crypt(&scheme, MBEDTLS_ENCRYPT, password, &clear, encrypted, &size);
	if (rc == 0)
		rc = write_encrypted_info(&scheme, encrypted, size, space);
	secret_free(encrypted);
	return rc;
}

/* Not mbedTLS's, which leaves copies of a key behind. */
static char *write_pem(const char *label, const unsigned char *der, size_t size)
{
	size_t lines = (size + LINE_BYTES - 1) / LINE_BYTES;
	size_t room = LABEL_LINES_MAX + lines * (LINE_CHARACTERS + 1) + 1;
	char *pem = secret_alloc(room);

	if (pem == NULL)
		return NULL;
	size_t used = (size_t)snprintf(pem, room, "-----BEGIN %s-----\n", label);
	for (size_t part, written; size > 0; der += part, size -= part) {
		part = size < LINE_BYTES ? size : LINE_BYTES;
		mbedtls_base64_encode((unsigned char *)pem + used, room - used, &written, der,
				      part);
		used += written;
		pem[used++] = '\n';
	}
	snprintf(pem + used, room - used, "-----END %s-----\n", label);
	return pem;
}

static iotkit_status fail_to_write(int rc)
{
	if (compat_is_no_memory(rc))
		return error_set_no_memory();
	if (rc == MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED)
		return error_set(IOTKIT_ESYSTEM, "the operating system gives no random bytes to "
						 "encrypt the private key with");
	return error_set(IOTKIT_ETLS,
			 "mbedTLS cannot write this private key (error -0x%04x): use an RSA key or "
			 "one of the curve P-256",
			 (unsigned int)-rc);
}

iotkit_status pkcs8_write_pem(mbedtls_pk_context *key, const char *password, char **pem_out)
{
	bool encrypt = password != NULL && password[0] != '\0';
	unsigned char *space = secret_alloc(KEY_DER_MAX);

	if (space == NULL)
		return error_set_no_memory();
	int size = write_clear(key, space);
	if (size > 0 && encrypt)
		size = write_encrypted(password, space, size);
	char *pem = NULL;
	if (size > 0)
		pem = write_pem(encrypt ? "ENCRYPTED PRIVATE KEY" : "PRIVATE KEY",
				space + KEY_DER_MAX - size, (size_t)size);
	secret_free(space);
	if (size < 0)
		return fail_to_write(size);
	if (pem == NULL)
		return error_set_no_memory();
	*pem_out = pem;
	return IOTKIT_OK;
}
