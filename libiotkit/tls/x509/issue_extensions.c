/* SPDX-License-Identifier: MIT */
#include "tls/x509/issue_extensions.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <stdbool.h>
#include <string.h>

#include "iotkit.h"

enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE, VALUE_MAX = 128 };

static int set_extended_use(mbedtls_x509write_cert *writer, const char *oid, size_t oid_size)
{
	unsigned char value[VALUE_MAX] = {0};
	unsigned char *at = value + sizeof value;
	int size = mbedtls_asn1_write_oid(&at, value, oid, oid_size);

	size += mbedtls_asn1_write_len(&at, value, (size_t)size);
	size += mbedtls_asn1_write_tag(&at, value, SEQUENCE);
	return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_EXTENDED_KEY_USAGE,
						   MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE),
						   0, at, (size_t)size);
}

int issue_uses(mbedtls_x509write_cert *writer, int32_t kind, const mbedtls_pk_context *key)
{
	bool is_ca = kind == IOTKIT_CERTIFICATE_CA;
	unsigned usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;

	if (is_ca)
		usage = MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN;
	else if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA))
		usage |= MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
	int result = mbedtls_x509write_crt_set_basic_constraints(writer, is_ca, is_ca ? 0 : -1);
	if (result == 0)
		result = mbedtls_x509write_crt_set_key_usage(writer, usage);
	if (result != 0 || is_ca)
		return result;
	if (kind == IOTKIT_CERTIFICATE_SERVER)
		return set_extended_use(writer, MBEDTLS_OID_SERVER_AUTH,
					MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
	return set_extended_use(writer, MBEDTLS_OID_CLIENT_AUTH,
				MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
}

/* Steps over one extension; true when it was the one wanted, whose value it gives. */
static bool take_extension(unsigned char **at, const unsigned char *end, const char *oid,
			   mbedtls_asn1_buf *value)
{
	size_t size = 0, oid_size = 0;
	int critical = 0;

	if (mbedtls_asn1_get_tag(at, end, &size, SEQUENCE) != 0) {
		*at = (unsigned char *)end;
		return false;
	}
	unsigned char *inner = *at;
	*at += size;
	if (mbedtls_asn1_get_tag(&inner, *at, &oid_size, MBEDTLS_ASN1_OID) != 0)
		return false;
	bool wanted = oid_size == strlen(oid) && memcmp(inner, oid, oid_size) == 0;
	inner += oid_size;
	mbedtls_asn1_get_bool(&inner, *at, &critical);
	if (mbedtls_asn1_get_tag(&inner, *at, &value->len, MBEDTLS_ASN1_OCTET_STRING) != 0)
		return false;
	value->p = inner;
	return wanted;
}

/* A certificate's own name for its key, within its OCTET STRING. mbedTLS 2.28 does
 * not keep it. */
static bool find_key_identifier(const mbedtls_x509_crt *certificate, mbedtls_asn1_buf *value)
{
	size_t size = 0;

	if (certificate == NULL || certificate->v3_ext.p == NULL)
		return false;
	unsigned char *at = certificate->v3_ext.p;
	const unsigned char *end = at + certificate->v3_ext.len;
	if (mbedtls_asn1_get_tag(&at, end, &size, SEQUENCE) != 0)
		return false;
	while (at < end)
		if (take_extension(&at, end, MBEDTLS_OID_SUBJECT_KEY_IDENTIFIER, value))
			return true;
	return false;
}

static int set_subject_key(mbedtls_x509write_cert *writer, const mbedtls_x509_crt *old)
{
	mbedtls_asn1_buf value;

	if (!find_key_identifier(old, &value))
		return mbedtls_x509write_crt_set_subject_key_identifier(writer);
	return mbedtls_x509write_crt_set_extension(
		writer, MBEDTLS_OID_SUBJECT_KEY_IDENTIFIER,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_KEY_IDENTIFIER), 0, value.p, value.len);
}

/* The same bytes with another tag, in a SEQUENCE. */
static int set_authority_key(mbedtls_x509write_cert *writer, const mbedtls_x509_crt *ca)
{
	unsigned char bytes[VALUE_MAX] = {0};
	unsigned char *at = bytes + sizeof bytes;
	mbedtls_asn1_buf value;
	size_t size = 0;

	if (!find_key_identifier(ca, &value))
		return mbedtls_x509write_crt_set_authority_key_identifier(writer);
	const unsigned char *end = value.p + value.len;
	if (mbedtls_asn1_get_tag(&value.p, end, &size, MBEDTLS_ASN1_OCTET_STRING) != 0 ||
	    size > VALUE_MAX / 2)
		return MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
	int used = mbedtls_asn1_write_raw_buffer(&at, bytes, value.p, size);
	used += mbedtls_asn1_write_len(&at, bytes, size);
	used += mbedtls_asn1_write_tag(&at, bytes, MBEDTLS_ASN1_CONTEXT_SPECIFIC);
	used += mbedtls_asn1_write_len(&at, bytes, (size_t)used);
	used += mbedtls_asn1_write_tag(&at, bytes, SEQUENCE);
	return mbedtls_x509write_crt_set_extension(
		writer, MBEDTLS_OID_AUTHORITY_KEY_IDENTIFIER,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_AUTHORITY_KEY_IDENTIFIER), 0, at, (size_t)used);
}

int issue_key_identifiers(mbedtls_x509write_cert *writer, const mbedtls_x509_crt *old,
			  const mbedtls_x509_crt *ca)
{
	int result = set_subject_key(writer, old);

	return result != 0 ? result : set_authority_key(writer, ca);
}
