/* SPDX-License-Identifier: MIT */
#include "tls/x509/look.h"

#include <mbedtls/asn1.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>
#include <stdbool.h>
#include <string.h>

#include "tls/x509/pkcs8.h"

static const struct {
	const char *label;
	enum look look;
} labels[] = {
	{"CERTIFICATE-----", LOOKS_CERTIFICATE},
	{"X509 CERTIFICATE-----", LOOKS_TRUSTED_CERTIFICATE},
	{"TRUSTED CERTIFICATE-----", LOOKS_TRUSTED_CERTIFICATE},
	{"CERTIFICATE REQUEST-----", LOOKS_REQUEST},
	{"NEW CERTIFICATE REQUEST-----", LOOKS_REQUEST},
	{"X509 CRL-----", LOOKS_CRL},
	{"EC PARAMETERS-----", LOOKS_PRIVATE_KEY}, /* which follows */
	{"PRIVATE KEY-----", LOOKS_PRIVATE_KEY},
	{"EC PRIVATE KEY-----", LOOKS_PRIVATE_KEY},
	{"RSA PRIVATE KEY-----", LOOKS_PRIVATE_KEY},
	{"DSA PRIVATE KEY-----", LOOKS_PRIVATE_KEY},
	{"ENCRYPTED PRIVATE KEY-----", LOOKS_ENCRYPTED_KEY},
	{"OPENSSH PRIVATE KEY-----", LOOKS_SSH_KEY},
	{"PUBLIC KEY-----", LOOKS_PUBLIC_KEY},
	{"RSA PUBLIC KEY-----", LOOKS_PUBLIC_KEY},
};

static enum look look_at_label(const char *label)
{
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (strncmp(label, labels[i].label, strlen(labels[i].label)) == 0)
			return labels[i].look;
	return LOOKS_PEM;
}

/* PKCS #1, SEC 1, PKCS #8 and PKCS #12 all begin with a sequence and a version. */
static bool starts_with_version(const unsigned char *der, size_t size, int *version)
{
	unsigned char *p = (unsigned char *)der; /* which is only read */
	size_t length;

	return mbedtls_asn1_get_tag(&p, der + size, &length,
				    MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) == 0 &&
	       mbedtls_asn1_get_int(&p, der + size, version) == 0;
}

static bool is_certificate(const unsigned char *der, size_t size)
{
	mbedtls_x509_crt certificate;

	mbedtls_x509_crt_init(&certificate);
	bool is = mbedtls_x509_crt_parse_der(&certificate, der, size) == 0;
	mbedtls_x509_crt_free(&certificate);
	return is;
}

static bool is_request(const unsigned char *der, size_t size)
{
	mbedtls_x509_csr request;

	mbedtls_x509_csr_init(&request);
	bool is = mbedtls_x509_csr_parse_der(&request, der, size) == 0;
	mbedtls_x509_csr_free(&request);
	return is;
}

static bool is_crl(const unsigned char *der, size_t size)
{
	mbedtls_x509_crl crl;

	mbedtls_x509_crl_init(&crl);
	bool is = mbedtls_x509_crl_parse_der(&crl, der, size) == 0;
	mbedtls_x509_crl_free(&crl);
	return is;
}

static enum look look_at_der(const unsigned char *der, size_t size)
{
	enum { PKCS12_VERSION = 3 }; /* RFC 7292 section 4 */
	int version;

	if (starts_with_version(der, size, &version))
		return version == PKCS12_VERSION ? LOOKS_PKCS12 : LOOKS_PRIVATE_KEY;
	if (is_certificate(der, size))
		return LOOKS_CERTIFICATE;
	if (is_request(der, size))
		return LOOKS_REQUEST;
	if (is_crl(der, size))
		return LOOKS_CRL;
	return pkcs8_is_encrypted(der, size) ? LOOKS_ENCRYPTED_KEY : LOOKS_BINARY;
}

static bool is_text(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)bytes[i] < ' ' && strchr("\t\r\n", bytes[i]) == NULL)
			return false;
	return strlen(bytes) == size;
}

enum look look_at(const char *bytes, size_t size)
{
	static const char begin[] = "-----BEGIN ";
	enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };

	if (bytes[0] == SEQUENCE && !is_text(bytes, size))
		return look_at_der((const unsigned char *)bytes, size);
	const char *label = strstr(bytes, begin);
	if (label != NULL)
		return look_at_label(label + sizeof begin - 1);
	return is_text(bytes, size) ? LOOKS_TEXT : LOOKS_BINARY;
}

const char *look_name(enum look look)
{
	static const char *const names[] = {
		[LOOKS_CERTIFICATE] = "a certificate",
		[LOOKS_TRUSTED_CERTIFICATE] = "a certificate in OpenSSL's own form",
		[LOOKS_REQUEST] = "a certificate request",
		[LOOKS_CRL] = "a revocation list",
		[LOOKS_PRIVATE_KEY] = "a private key",
		[LOOKS_ENCRYPTED_KEY] = "an encrypted private key",
		[LOOKS_SSH_KEY] = "a key of OpenSSH",
		[LOOKS_PUBLIC_KEY] = "a public key",
		[LOOKS_PKCS12] = "a PKCS #12 store",
		[LOOKS_PEM] = "PEM of another kind",
		[LOOKS_TEXT] = "text that is not PEM",
		[LOOKS_BINARY] = "binary data",
	};

	return names[look];
}

const char *look_mend(enum look look)
{
	switch (look) {
	case LOOKS_TRUSTED_CERTIFICATE:
		return "convert it with 'openssl x509 -in FILE -out NEW.crt'";
	case LOOKS_REQUEST:
		return "a CA has to sign it; name the certificate that the CA makes of it";
	case LOOKS_CRL:
		return "name it as tls.crl_file, and a certificate here";
	case LOOKS_PKCS12:
		return "take the certificate out with 'openssl pkcs12 -in FILE -nokeys -out "
		       "NEW.crt'";
	case LOOKS_PRIVATE_KEY:
	case LOOKS_ENCRYPTED_KEY:
		return "name the certificate that goes with it, and keep the key private";
	default:
		return "a certificate begins with '-----BEGIN CERTIFICATE-----'";
	}
}
