/* SPDX-License-Identifier: MIT */
#include "tls/x509/certificate_file.h"

#include <mbedtls/pem.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "tls/x509/compat.h"
#include "tls/x509/look.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

struct tally {
	unsigned int all;
	unsigned int bad;
	unsigned int first_bad; /* counted from 1 */
	int code; /* of mbedTLS, about that one */
};

static bool has(const mbedtls_x509_crt *chain, const unsigned char *der, size_t size)
{
	for (; chain != NULL; chain = chain->next)
		if (chain->raw.len == size && memcmp(chain->raw.p, der, size) == 0)
			return true;
	return false;
}

/* Debian has each CA two or three times in one folder. */
static int add(mbedtls_x509_crt *chain, const unsigned char *der, size_t size)
{
	return has(chain, der, size) ? 0 : mbedtls_x509_crt_parse_der(chain, der, size);
}

static int read_block(const char *block, mbedtls_x509_crt *chain)
{
	mbedtls_pem_context pem;
	size_t used;

	mbedtls_pem_init(&pem);
	int rc = mbedtls_pem_read_buffer(&pem, begin, end, (const unsigned char *)block, NULL, 0,
					 &used);
	if (rc == 0)
		rc = add(chain, pem.MBEDTLS_PRIVATE(buf), pem.MBEDTLS_PRIVATE(buflen));
	mbedtls_pem_free(&pem);
	return rc;
}

static void count(struct tally *tally, int code)
{
	tally->all++;
	if (code == 0)
		return;
	tally->bad++;
	if (tally->first_bad == 0) {
		tally->first_bad = tally->all;
		tally->code = code;
	}
}

/* mbedTLS's own loop does not tell which one is bad. */
static iotkit_status read_blocks(const char *text, mbedtls_x509_crt *chain, struct tally *tally)
{
	while ((text = strstr(text, begin)) != NULL) {
		int rc = read_block(text, chain);
		if (compat_is_no_memory(rc))
			return error_set_no_memory();
		count(tally, rc);
		text += sizeof begin - 1;
	}
	return IOTKIT_OK;
}

static iotkit_status read_der(const char *bytes, size_t size, mbedtls_x509_crt *chain,
			      struct tally *tally)
{
	int rc = add(chain, (const unsigned char *)bytes, size);

	if (compat_is_no_memory(rc))
		return error_set_no_memory();
	if (rc == 0)
		count(tally, rc);
	return IOTKIT_OK;
}

static const char *cause(int code)
{
	if (code == MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT)
		return "its line '-----END CERTIFICATE-----' is missing";
	switch (-(-code & 0x7f80)) {
	case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
	case MBEDTLS_ERR_X509_UNKNOWN_VERSION:
	case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
		return "it uses an algorithm that mbedTLS does not know; use RSA or P-256";
	default:
		return "it is damaged";
	}
}

static iotkit_status explain_bad(const char *name, const struct tally *tally)
{
	if (tally->all == 1)
		return error_set(IOTKIT_EINVAL,
				 "the certificate in the %s cannot be read: %s; copy it anew from "
				 "where it was made",
				 name, cause(tally->code));
	return error_set(IOTKIT_EINVAL,
			 "%u of the %u certificates in the %s cannot be read; the first of these "
			 "is number %u: %s; copy it anew, or take it out",
			 tally->bad, tally->all, name, tally->first_bad, cause(tally->code));
}

static iotkit_status explain_none(const char *name, const char *bytes, size_t size)
{
	enum look look = look_at(bytes, size);

	return error_set(IOTKIT_EINVAL, "the %s holds %s, not a certificate: %s", name,
			 look_name(look), look_mend(look));
}

static iotkit_status parse(const char *name, const char *bytes, size_t size, bool all,
			   mbedtls_x509_crt *chain)
{
	struct tally tally = {.all = 0};
	iotkit_status status;

	if (strstr(bytes, begin) != NULL)
		status = read_blocks(bytes, chain, &tally);
	else
		status = read_der(bytes, size, chain, &tally);
	if (status != IOTKIT_OK)
		return status;
	if (tally.all == 0)
		return explain_none(name, bytes, size);
	if (tally.bad == tally.all || (all && tally.bad > 0))
		return explain_bad(name, &tally);
	return IOTKIT_OK;
}

static iotkit_status load(const struct certificate_file *file, bool all, mbedtls_x509_crt *chain)
{
	const struct file whole = {.what = file->what,
				   .option = file->option,
				   .path = file->path,
				   .size_max = CERTIFICATE_FILE_MAX};
	char name[FILE_NAME_SIZE];
	char *bytes;
	size_t size;
	iotkit_status status = file_read(&whole, &bytes, &size);

	if (status != IOTKIT_OK)
		return status;
	file_name(file->what, file->path, file->option, name);
	status = parse(name, bytes, size, all, chain);
	secret_free(bytes);
	return status;
}

iotkit_status certificate_file_read(const struct certificate_file *file, mbedtls_x509_crt *chain)
{
	return load(file, true, chain);
}

iotkit_status certificate_file_read_good(const struct certificate_file *file,
					 mbedtls_x509_crt *chain)
{
	return load(file, false, chain);
}
