/* SPDX-License-Identifier: MIT */
#include "tls/x509/issue.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/new_file.h"
#include "base/secret.h"
#include "tls/x509/alt_names.h"
#include "tls/x509/compat.h"
#include "tls/x509/issue_extensions.h"
#include "tls/x509/issue_key.h"
#include "tls/x509/issue_name.h"
#include "tls/x509/issue_sources.h"
#include "tls/x509/moment.h"

enum { SERIAL_SIZE = 16, PEM_SIZE = 65536, TIME_SIZE = 15, CLOCKS_BEHIND = 3600 };

struct issue {
	const iotkit_certificate_request *request;
	struct issue_sources sources;
	struct alt_names names;
	mbedtls_x509write_cert writer;
	char *key_pem; /* secret memory; NULL: the key has its file */
	char certificate_pem[PEM_SIZE];
};

static bool is_ca(const struct issue *issue)
{
	return issue->request->kind == IOTKIT_CERTIFICATE_CA;
}

static iotkit_status check_files_absent(const iotkit_certificate_request *request)
{
	iotkit_status status = new_file_check_absent(request->key_file, "key");

	if (status == IOTKIT_OK)
		status = new_file_check_absent(request->certificate_file, "certificate");
	return status;
}

/* The names asked for, or those that the certificate has had. */
static iotkit_status collect_names(struct issue *issue)
{
	const iotkit_certificate_request *request = issue->request;
	iotkit_status status = IOTKIT_OK;

	if (request->name == NULL)
		status = alt_names_copy(&issue->names, &issue->sources.old);
	else if (request->kind == IOTKIT_CERTIFICATE_SERVER)
		status = alt_names_add(&issue->names, request->name);
	if (status == IOTKIT_OK && request->name != NULL)
		status = issue_name_check(request->name);
	if (status == IOTKIT_OK && request->alternative_names != NULL)
		status = alt_names_add_list(&issue->names, request->alternative_names);
	if (status == IOTKIT_OK && request->kind == IOTKIT_CERTIFICATE_SERVER &&
	    issue->names.count == 0)
		status = error_set(IOTKIT_EINVAL,
				   "the certificate %s has no subjectAltName, which clients look "
				   "for: give the server's name",
				   request->certificate_file);
	return status;
}

static iotkit_status make_key(struct issue *issue)
{
	const iotkit_certificate_request *request = issue->request;

	if (request->renew)
		return IOTKIT_OK;
	int result = issue_key_make(request->key, &issue->sources.key);
	if (result != 0)
		return issue_failed(result, "make a key");
	return issue_key_write(&issue->sources.key, is_ca(issue) ? request->ca_password_file : NULL,
			       &issue->key_pem);
}

static int set_subject_and_issuer(struct issue *issue)
{
	mbedtls_asn1_named_data **subject = &issue->writer.MBEDTLS_PRIVATE(subject);
	mbedtls_asn1_named_data **issuer = &issue->writer.MBEDTLS_PRIVATE(issuer);
	const char *name = issue->request->name;
	int result = name != NULL ? issue_name_set(subject, name)
				  : issue_name_copy(subject, &issue->sources.old.subject);

	if (result != 0)
		return result;
	if (!is_ca(issue))
		return issue_name_copy(issuer, &issue->sources.ca.subject);
	return name != NULL ? issue_name_set(issuer, name)
			    : issue_name_copy(issuer, &issue->sources.old.subject);
}

/* "20261123160511", as mbedTLS takes it. */
static void time_text(int64_t moment, char text[TIME_SIZE])
{
	char words[MOMENT_TEXT_SIZE];
	size_t used = 0;

	moment_text(moment, words);
	for (const char *at = words; *at != '\0' && used < TIME_SIZE - 1; at++)
		if (*at >= '0' && *at <= '9')
			text[used++] = *at;
	text[used] = '\0';
}

/* From an hour ago, but within the time of the CA. */
static int set_validity(struct issue *issue)
{
	int32_t days = issue->request->days;
	int64_t now = issue->sources.now;
	int64_t from = now - CLOCKS_BEHIND;
	int64_t until = now + (int64_t)days * MOMENT_DAY_S;
	char from_text[TIME_SIZE], until_text[TIME_SIZE];

	if (!is_ca(issue)) {
		const struct facts *ca = &issue->sources.ca_facts;
		from = from > ca->not_before ? from : ca->not_before;
		until = until < ca->not_after ? until : ca->not_after;
	}
	time_text(from, from_text);
	time_text(until, until_text);
	return mbedtls_x509write_crt_set_validity(&issue->writer, from_text, until_text);
}

/* Positive, and of the same length always. */
static int set_serial(mbedtls_x509write_cert *writer)
{
	unsigned char serial[SERIAL_SIZE];
	int result = compat_random(NULL, serial, sizeof serial);

	serial[0] = (serial[0] & 0x3f) | 0x40;
	return result != 0 ? result : compat_set_serial(writer, serial, sizeof serial);
}

static int fill_in(struct issue *issue)
{
	mbedtls_x509write_cert *writer = &issue->writer;
	struct issue_sources *sources = &issue->sources;
	const mbedtls_x509_crt *old = issue->request->renew ? &sources->old : NULL;

	mbedtls_x509write_crt_set_version(writer, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(writer, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(writer, &sources->key);
	mbedtls_x509write_crt_set_issuer_key(writer,
					     is_ca(issue) ? &sources->key : &sources->ca_key);
	int result = set_serial(writer);
	if (result == 0)
		result = set_subject_and_issuer(issue);
	if (result == 0)
		result = set_validity(issue);
	if (result == 0)
		result = issue_uses(writer, issue->request->kind, &sources->key);
	if (result == 0)
		result = issue_key_identifiers(writer, old, is_ca(issue) ? old : &sources->ca);
	if (result == 0)
		result = alt_names_write(&issue->names, writer);
	return result;
}

/* mbedTLS cannot write every name that it can read; with another issuer than the
 * CA's subject the certificate would be refused everywhere. */
static iotkit_status check_issuer(const struct issue *issue)
{
	mbedtls_x509_crt made;

	mbedtls_x509_crt_init(&made);
	const unsigned char *pem = (const unsigned char *)issue->certificate_pem;
	int result = mbedtls_x509_crt_parse(&made, pem, strlen(issue->certificate_pem) + 1);
	const mbedtls_x509_buf *wanted =
		is_ca(issue) ? &made.subject_raw : &issue->sources.ca.subject_raw;
	bool same = result == 0 && made.issuer_raw.len == wanted->len &&
		    memcmp(made.issuer_raw.p, wanted->p, wanted->len) == 0;
	mbedtls_x509_crt_free(&made);
	if (result != 0)
		return issue_failed(result, "read the certificate that it made");
	if (same)
		return IOTKIT_OK;
	return error_set(IOTKIT_EINVAL,
			 "the name of the CA in %s has a form that cannot be repeated here: sign "
			 "with the tool that made this CA",
			 issue->request->ca_certificate_file);
}

static iotkit_status sign(struct issue *issue)
{
	int result = fill_in(issue);

	if (result == 0)
		result = mbedtls_x509write_crt_pem(&issue->writer,
						   (unsigned char *)issue->certificate_pem,
						   PEM_SIZE, compat_random, NULL);
	if (result != 0)
		return issue_failed(result, "make the certificate");
	return check_issuer(issue);
}

static iotkit_status save(const struct issue *issue)
{
	const iotkit_certificate_request *request = issue->request;
	const struct new_file key = {
		.what = "key", .path = request->key_file, .text = issue->key_pem, .secret = true};
	const struct new_file certificate = {.what = "certificate",
					     .path = request->certificate_file,
					     .text = issue->certificate_pem,
					     .replace = request->renew != 0};

	if (request->renew)
		return new_file_write(&certificate);
	iotkit_status status = new_file_write(&key);
	if (status != IOTKIT_OK)
		return status;
	status = new_file_write(&certificate);
	if (status != IOTKIT_OK)
		new_file_remove(request->key_file);
	return status;
}

static iotkit_status make(struct issue *issue)
{
	const iotkit_certificate_request *request = issue->request;

	if (!compat_prepare())
		return error_set(IOTKIT_ETLS, "mbedTLS cannot be initialised");
	iotkit_status status = request->renew ? issue_sources_read_old(request, &issue->sources)
					      : check_files_absent(request);
	if (status == IOTKIT_OK)
		status = collect_names(issue);
	if (status == IOTKIT_OK && !is_ca(issue))
		status = issue_sources_read_ca(request, &issue->sources);
	if (status == IOTKIT_OK)
		status = make_key(issue);
	if (status == IOTKIT_OK)
		status = sign(issue);
	return status != IOTKIT_OK ? status : save(issue);
}

iotkit_status issue_certificate(const iotkit_certificate_request *request)
{
	struct issue *issue = calloc(1, sizeof *issue);

	if (issue == NULL)
		return error_set_no_memory();
	issue->request = request;
	issue_sources_init(&issue->sources);
	alt_names_init(&issue->names);
	mbedtls_x509write_crt_init(&issue->writer);
	iotkit_status status = make(issue);
	mbedtls_x509write_crt_free(&issue->writer);
	alt_names_free(&issue->names);
	issue_sources_free(&issue->sources);
	secret_free(issue->key_pem);
	free(issue);
	return status;
}
