/* SPDX-License-Identifier: MIT */
#include "tls/x509/issue_sources.h"

#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "tls/x509/certificate_file.h"
#include "tls/x509/compat.h"
#include "tls/x509/key_file.h"
#include "tls/x509/moment.h"

void issue_sources_init(struct issue_sources *sources)
{
	/* A computer without a clock of its own would make certificates of 1970. */
	const struct moment_clock clock = {.floor = true, .file = ""};

	sources->now = moment_now(&clock).now;
	mbedtls_x509_crt_init(&sources->old);
	mbedtls_x509_crt_init(&sources->ca);
	mbedtls_pk_init(&sources->key);
	mbedtls_pk_init(&sources->ca_key);
}

void issue_sources_free(struct issue_sources *sources)
{
	mbedtls_x509_crt_free(&sources->old);
	mbedtls_x509_crt_free(&sources->ca);
	mbedtls_pk_free(&sources->key);
	mbedtls_pk_free(&sources->ca_key);
}

iotkit_status issue_failed(int code, const char *what)
{
	char words[128];

	if (compat_is_no_memory(code))
		return error_set_no_memory();
	mbedtls_strerror(code, words, sizeof words);
	return error_set(IOTKIT_ETLS, "mbedTLS cannot %s: %s", what, words);
}

static iotkit_status read_certificate(const char *path, mbedtls_x509_crt *certificate)
{
	const struct certificate_file file = {
		.what = "certificate file", .option = "", .path = path};

	return certificate_file_read_good(&file, certificate);
}

static bool has_use(const mbedtls_x509_crt *certificate, const char *oid, size_t size)
{
	return mbedtls_x509_crt_check_extended_key_usage(certificate, oid, size) == 0;
}

static bool is_of_kind(const mbedtls_x509_crt *certificate, int32_t kind)
{
	bool is_ca = certificate->MBEDTLS_PRIVATE(ca_istrue) != 0;

	if (kind == IOTKIT_CERTIFICATE_CA)
		return is_ca;
	if (kind == IOTKIT_CERTIFICATE_SERVER)
		return !is_ca && has_use(certificate, MBEDTLS_OID_SERVER_AUTH,
					 MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
	return !is_ca && has_use(certificate, MBEDTLS_OID_CLIENT_AUTH,
				 MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
}

static const char *kind_text(const mbedtls_x509_crt *certificate)
{
	if (is_of_kind(certificate, IOTKIT_CERTIFICATE_CA))
		return "a CA";
	if (is_of_kind(certificate, IOTKIT_CERTIFICATE_SERVER))
		return "a server";
	return is_of_kind(certificate, IOTKIT_CERTIFICATE_CLIENT) ? "a client" : "something else";
}

static iotkit_status check_kind(const iotkit_certificate_request *request,
				const mbedtls_x509_crt *old)
{
	static const char *const wanted[] = {
		[IOTKIT_CERTIFICATE_CA] = "a CA",
		[IOTKIT_CERTIFICATE_SERVER] = "a server",
		[IOTKIT_CERTIFICATE_CLIENT] = "a client",
	};
	char path[FILE_PATH_SIZE];

	if (!is_of_kind(old, request->kind))
		return error_set(IOTKIT_EINVAL,
				 "%s is the certificate of %s, and was to be renewed as that of %s",
				 file_path(request->certificate_file, path), kind_text(old),
				 wanted[request->kind]);
	if (request->kind == IOTKIT_CERTIFICATE_CA &&
	    (old->issuer_raw.len != old->subject_raw.len ||
	     memcmp(old->issuer_raw.p, old->subject_raw.p, old->subject_raw.len) != 0))
		return error_set(IOTKIT_EINVAL,
				 "the CA in %s was signed by another CA, which must renew it",
				 file_path(request->certificate_file, path));
	return IOTKIT_OK;
}

static iotkit_status check_pair(const mbedtls_x509_crt *certificate, const mbedtls_pk_context *key,
				const char *certificate_file, const char *key_file)
{
	char key_path[FILE_PATH_SIZE], certificate_path[FILE_PATH_SIZE];
	int code = compat_check_pair(&certificate->pk, key);

	if (code == 0)
		return IOTKIT_OK;
	if (compat_is_no_memory(code))
		return error_set_no_memory();
	return error_set(
		IOTKIT_EINVAL,
		"the key in %s is not the one that the certificate in %s was made for: give "
		"the files that were made together",
		file_path(key_file, key_path), file_path(certificate_file, certificate_path));
}

static iotkit_status read_key(const char *path, const char *password_file, mbedtls_pk_context *key)
{
	const struct key_source source = {
		.path = path, .option = "", .password_file = password_file, .password_option = ""};

	return key_file_read(&source, key);
}

static const char *text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

iotkit_status issue_sources_read_old(const iotkit_certificate_request *request,
				     struct issue_sources *sources)
{
	bool is_ca = request->kind == IOTKIT_CERTIFICATE_CA;
	const char *password_file = is_ca ? text_or_empty(request->ca_password_file) : "";
	iotkit_status status = read_certificate(request->certificate_file, &sources->old);

	if (status == IOTKIT_OK)
		status = check_kind(request, &sources->old);
	if (status == IOTKIT_OK)
		status = read_key(request->key_file, password_file, &sources->key);
	if (status == IOTKIT_OK)
		status = check_pair(&sources->old, &sources->key, request->certificate_file,
				    request->key_file);
	return status;
}

static iotkit_status check_ca(const char *path, const struct issue_sources *sources)
{
	const mbedtls_x509_crt *ca = &sources->ca;
	char until[MOMENT_TEXT_SIZE], shown[FILE_PATH_SIZE];

	if (!is_of_kind(ca, IOTKIT_CERTIFICATE_CA) ||
	    mbedtls_x509_crt_check_key_usage(ca, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0)
		return error_set(
			IOTKIT_EINVAL,
			"%s is the certificate of %s ('%.80s'), which may not sign others: "
			"give that of a CA",
			file_path(path, shown), kind_text(ca), sources->ca_facts.subject);
	moment_text(sources->ca_facts.not_after, until);
	if (sources->ca_facts.not_after <= sources->now)
		return error_set(IOTKIT_EINVAL,
				 "the CA's certificate %s expired on %s: renew it first "
				 "('iotkit-certs ca --renew')",
				 file_path(path, shown), until);
	return IOTKIT_OK;
}

iotkit_status issue_sources_read_ca(const iotkit_certificate_request *request,
				    struct issue_sources *sources)
{
	const char *path = request->ca_certificate_file;
	char shown[FILE_PATH_SIZE];
	iotkit_status status = read_certificate(path, &sources->ca);

	if (status == IOTKIT_ENOENT)
		return error_set(IOTKIT_ENOENT,
				 "there is no CA's certificate %s: make a CA first ('iotkit-certs "
				 "ca'), or name its file",
				 file_path(path, shown));
	if (status != IOTKIT_OK)
		return status;
	facts_of(&sources->ca, &sources->ca_facts);
	status = check_ca(path, sources);
	if (status == IOTKIT_OK)
		status = read_key(request->ca_key_file, text_or_empty(request->ca_password_file),
				  &sources->ca_key);
	if (status == IOTKIT_OK)
		status = check_pair(&sources->ca, &sources->ca_key, path, request->ca_key_file);
	return status;
}
