/* SPDX-License-Identifier: MIT */
#include "tls/identity.h"

#include "base/error.h"
#include "base/file.h"
#include "tls/x509/certificate_file.h"
#include "tls/x509/compat.h"
#include "tls/x509/key_file.h"

static iotkit_status check_pair(const struct tls_settings *settings,
				const mbedtls_x509_crt *certificate, const mbedtls_pk_context *key)
{
	char key_name[FILE_NAME_SIZE];
	char name[FILE_NAME_SIZE];
	int code = compat_check_pair(&certificate->pk, key);

	if (code == 0)
		return IOTKIT_OK;
	if (compat_is_no_memory(code))
		return error_set_no_memory();
	file_name("key file", settings->key_file, "tls.key_file", key_name);
	file_name("certificate file", settings->cert_file, "tls.cert_file", name);
	for (const mbedtls_x509_crt *next = certificate->next; next != NULL; next = next->next)
		if (compat_check_pair(&next->pk, key) == 0)
			return error_set(IOTKIT_EINVAL,
					 "the certificate that belongs to the %s is not the first "
					 "one in the %s: put it before those of its CAs",
					 key_name, name);
	return error_set(IOTKIT_EINVAL,
			 "the %s does not match the certificate in the %s: "
			 "name the two that were made together",
			 key_name, name);
}

static iotkit_status load(const struct tls_settings *settings, mbedtls_x509_crt *certificate,
			  mbedtls_pk_context *key)
{
	const struct certificate_file file = {
		.what = "certificate file", .option = "tls.cert_file", .path = settings->cert_file};
	const struct key_source source = {.path = settings->key_file,
					  .option = "tls.key_file",
					  .password_file = settings->key_password_file,
					  .password_option = "tls.key_password_file"};
	iotkit_status status = certificate_file_read(&file, certificate);

	if (status == IOTKIT_OK)
		status = key_file_read(&source, key);
	if (status == IOTKIT_OK)
		status = check_pair(settings, certificate, key);
	return status;
}

iotkit_status identity_load(const struct tls_settings *settings, mbedtls_x509_crt *certificate,
			    mbedtls_pk_context *key, bool *has_own)
{
	bool has_certificate = settings->cert_file[0] != '\0';
	bool has_key = settings->key_file[0] != '\0';
	char path[FILE_PATH_SIZE];

	if (has_certificate && !has_key)
		return error_set(IOTKIT_EINVAL,
				 "tls.cert_file is set to %s without its private key: set "
				 "tls.key_file as well",
				 file_path(settings->cert_file, path));
	if (has_key && !has_certificate)
		return error_set(IOTKIT_EINVAL,
				 "tls.key_file is set to %s without its certificate: set "
				 "tls.cert_file as well",
				 file_path(settings->key_file, path));
	*has_own = has_certificate;
	return has_certificate ? load(settings, certificate, key) : IOTKIT_OK;
}
