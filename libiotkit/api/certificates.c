/* SPDX-License-Identifier: MIT
 *
 * Making and describing certificates.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "tls/x509/describe.h"
#include "tls/x509/issue.h"

enum {
	CA_DAYS = 3650,
	OTHER_DAYS = 825,
	DAYS_MAX = 36500,
	/* What 1.0 had: it stays, however the struct grows. */
	SIZE_1_0 = offsetof(iotkit_certificate_request, ca_password_file) + sizeof(char *),
	SIZE_MAX_SANE = 4096
};

/* Copies a request of any version into one of this version: what an older program does not
 * know is 0, and what a newer one asks for beside must be. */
static iotkit_status take_request(const iotkit_certificate_request *request,
				  iotkit_certificate_request *known)
{
	if (request == NULL)
		return error_set(IOTKIT_EINVAL, "the request for a certificate is NULL");
	size_t size = request->struct_size;
	if (size < SIZE_1_0 || size > SIZE_MAX_SANE)
		return error_set(IOTKIT_EINVAL,
				 "the request's struct_size is %zu; set it to "
				 "sizeof(iotkit_certificate_request)",
				 size);
	for (size_t i = sizeof *known; i < size; i++)
		if (((const unsigned char *)request)[i] != 0)
			return error_set(IOTKIT_ENOTSUP,
					 "the request asks for what libiotkit %d.%d cannot do: "
					 "install the version that the program was made for, or "
					 "clear the whole struct first",
					 IOTKIT_VERSION_MAJOR, IOTKIT_VERSION_MINOR);
	*known = (iotkit_certificate_request){0};
	memcpy(known, request, size < sizeof *known ? size : sizeof *known);
	return IOTKIT_OK;
}

static iotkit_status check_numbers(const iotkit_certificate_request *request)
{
	if (request->kind < IOTKIT_CERTIFICATE_CA || request->kind > IOTKIT_CERTIFICATE_CLIENT)
		return error_set(IOTKIT_EINVAL,
				 "there is no kind of certificate %d: it is "
				 "IOTKIT_CERTIFICATE_CA, _SERVER or _CLIENT",
				 (int)request->kind);
	if (request->key < 0 || request->key > IOTKIT_KEY_RSA_4096)
		return error_set(
			IOTKIT_EINVAL,
			"there is no kind of key %d: it is IOTKIT_KEY_EC_P256, _RSA_2048 or "
			"_RSA_4096, or 0",
			(int)request->key);
	if (request->days < 0 || request->days > DAYS_MAX)
		return error_set(IOTKIT_EINVAL,
				 "a certificate is valid for 1 to %d days, not %d (0 takes the "
				 "usual time)",
				 DAYS_MAX, (int)request->days);
	if (request->reserved != 0)
		return error_set(
			IOTKIT_EINVAL,
			"the request's 'reserved' must be 0: clear the whole struct first");
	return IOTKIT_OK;
}

static iotkit_status check_files(const iotkit_certificate_request *request)
{
	bool is_ca = request->kind == IOTKIT_CERTIFICATE_CA;
	bool signer = request->ca_certificate_file != NULL && request->ca_key_file != NULL;

	if (request->certificate_file == NULL || request->key_file == NULL)
		return error_set(IOTKIT_EINVAL,
				 "a certificate needs both certificate_file and key_file");
	if (strcmp(request->certificate_file, request->key_file) == 0)
		return error_set(IOTKIT_EINVAL,
				 "the certificate and its key cannot both be written to %s",
				 request->key_file);
	if (!is_ca && !signer)
		return error_set(IOTKIT_EINVAL,
				 "a CA must sign: ca_certificate_file and ca_key_file name its "
				 "files");
	if (is_ca && (request->ca_certificate_file != NULL || request->ca_key_file != NULL))
		return error_set(
			IOTKIT_EINVAL,
			"a CA signs itself: leave ca_certificate_file and ca_key_file out");
	return IOTKIT_OK;
}

static iotkit_status check_names(const iotkit_certificate_request *request)
{
	if (!request->renew && request->name == NULL)
		return error_set(IOTKIT_EINVAL, "a new certificate needs a name");
	if (request->alternative_names != NULL && request->kind != IOTKIT_CERTIFICATE_SERVER)
		return error_set(IOTKIT_EINVAL,
				 "only a server's certificate has alternative_names");
	if (request->alternative_names != NULL && request->name == NULL)
		return error_set(IOTKIT_EINVAL,
				 "alternative_names replace a server's names together with its "
				 "name: give both");
	return IOTKIT_OK;
}

static iotkit_status check_renewal(const iotkit_certificate_request *request)
{
	if (!request->renew)
		return IOTKIT_OK;
	if (request->key != 0)
		return error_set(
			IOTKIT_EINVAL,
			"a renewed certificate keeps its key: leave the kind of key out, or "
			"make a new one with other files");
	if (request->kind == IOTKIT_CERTIFICATE_CA && request->name != NULL)
		return error_set(IOTKIT_EINVAL,
				 "a renewed CA keeps its name, since the certificates that it has "
				 "signed have it too: leave the name out");
	return IOTKIT_OK;
}

static void fill_defaults(iotkit_certificate_request *request)
{
	if (request->key == 0)
		request->key = IOTKIT_KEY_EC_P256;
	if (request->days == 0)
		request->days = request->kind == IOTKIT_CERTIFICATE_CA ? CA_DAYS : OTHER_DAYS;
}

iotkit_status iotkit_create_certificate(const iotkit_certificate_request *request)
{
	iotkit_certificate_request known;

	iotkit_status status = take_request(request, &known);

	if (status == IOTKIT_OK)
		status = check_numbers(&known);
	if (status == IOTKIT_OK)
		status = check_files(&known);
	if (status == IOTKIT_OK)
		status = check_names(&known);
	if (status == IOTKIT_OK)
		status = check_renewal(&known);
	if (status != IOTKIT_OK)
		return status;
	fill_defaults(&known);
	return issue_certificate(&known);
}

iotkit_status iotkit_describe_certificate(const char *path, char *buffer, size_t size)
{
	struct buffer text;

	if (path == NULL || buffer == NULL || size == 0)
		return error_set(
			IOTKIT_EINVAL,
			"to describe a certificate takes a path and a buffer for the text");
	buffer_init(&text, size - 1);
	iotkit_status status = describe_file(path, &text);
	if (status == IOTKIT_EFULL)
		status = error_set(IOTKIT_EINVAL,
				   "the description of %s does not fit into a buffer of %zu bytes: "
				   "give a larger one",
				   path, size);
	if (status == IOTKIT_OK) {
		memcpy(buffer, text.bytes, text.size);
		buffer[text.size] = '\0';
	}
	buffer_free(&text);
	return status;
}
