/* SPDX-License-Identifier: MIT */
#include "tls/credentials.h"

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "tls/identity.h"
#include "tls/pin.h"
#include "tls/psk.h"
#include "tls/trust.h"

static bool is_set(const char *option)
{
	return option[0] != '\0';
}

static bool has_certificate_options(const struct tls_settings *settings)
{
	return is_set(settings->ca_file) || is_set(settings->ca_path) ||
	       is_set(settings->crl_file) || is_set(settings->cert_file) ||
	       is_set(settings->key_file) || is_set(settings->pin_sha256);
}

static iotkit_status load_psk(const struct tls_settings *settings, struct credentials *out)
{
	char path[FILE_PATH_SIZE];

	if (!is_set(settings->psk_file))
		return error_set(IOTKIT_EINVAL,
				 "tls.psk_identity is set without a key: set tls.psk_file as well");
	if (!is_set(settings->psk_identity))
		return error_set(IOTKIT_EINVAL,
				 "tls.psk_file is set to %s without the key's name: set "
				 "tls.psk_identity as well",
				 file_path(settings->psk_file, path));
	if (has_certificate_options(settings))
		return error_set(
			IOTKIT_EINVAL,
			"a pre-shared key (tls.psk_file) stands in place of certificates "
			"(tls.ca_file, tls.ca_path, tls.crl_file, tls.cert_file, tls.key_file, "
			"tls.pin_sha256): choose one");
	return psk_load(settings->psk_file, &out->psk, &out->psk_size);
}

static iotkit_status load_certificates(const struct tls_settings *settings, struct credentials *out)
{
	char path[FILE_PATH_SIZE];

	if (settings->verify == TLS_VERIFY_NONE && is_set(settings->crl_file))
		return error_set(IOTKIT_EINVAL,
				 "tls.crl_file is set to %s while tls.verify is 'none', which "
				 "asks no revocation list: set tls.verify to full, or take "
				 "tls.crl_file out",
				 file_path(settings->crl_file, path));
	iotkit_status status = identity_load(settings, &out->own, &out->key, &out->has_own);

	if (status != IOTKIT_OK || settings->verify == TLS_VERIFY_NONE)
		return status;
	status = trust_load(settings, &out->ca);
	if (status == IOTKIT_OK && is_set(settings->crl_file)) {
		status = trust_load_crl(settings->crl_file, &out->crl);
		out->has_crl = status == IOTKIT_OK;
	}
	return status;
}

static iotkit_status load(const struct tls_settings *settings, struct credentials *out)
{
	iotkit_status status = IOTKIT_OK;

	if (is_set(settings->pin_sha256))
		status = pin_parse(settings->pin_sha256, out->pins, &out->pin_count);
	if (status != IOTKIT_OK)
		return status;
	if (is_set(settings->psk_file) || is_set(settings->psk_identity))
		return load_psk(settings, out);
	return load_certificates(settings, out);
}

iotkit_status credentials_load(const struct tls_settings *settings, struct credentials *out)
{
	*out = (struct credentials){.psk = NULL};
	mbedtls_x509_crt_init(&out->ca);
	mbedtls_x509_crl_init(&out->crl);
	mbedtls_x509_crt_init(&out->own);
	mbedtls_pk_init(&out->key);
	iotkit_status status = load(settings, out);
	if (status == IOTKIT_OK)
		return status;
	credentials_free(out);
	/* What is wrong with a file is wrong with the option that names it. */
	return status == IOTKIT_ENOMEM ? status : error_set(IOTKIT_EINVAL, "%s", error_last());
}

void credentials_free(struct credentials *credentials)
{
	mbedtls_x509_crt_free(&credentials->ca);
	mbedtls_x509_crl_free(&credentials->crl);
	mbedtls_x509_crt_free(&credentials->own);
	mbedtls_pk_free(&credentials->key);
	secret_free(credentials->psk);
	credentials->psk = NULL;
}
