/* SPDX-License-Identifier: MIT */
#include "tls/x509/key_file.h"

#include "base/private_file.h"
#include "base/secret.h"
#include "tls/x509/key_parse.h"

enum { PASSWORD_SIZE = 1024 };

static iotkit_status parse(const struct key_source *source, const char *bytes, size_t size,
			   mbedtls_pk_context *key)
{
	const struct private_file file = {
		.what = "password file",
		.option = source->password_option,
		.path = source->password_file,
	};
	char password[PASSWORD_SIZE];

	if (source->password_file[0] == '\0')
		return key_parse(source, bytes, size, NULL, key);
	iotkit_status status = private_file_read_line(&file, password, sizeof password);
	if (status == IOTKIT_OK)
		status = key_parse(source, bytes, size, password, key);
	secret_wipe(password, sizeof password);
	return status;
}

iotkit_status key_file_read(const struct key_source *source, mbedtls_pk_context *key)
{
	const struct private_file file = {
		.what = "key file",
		.option = source->option,
		.path = source->path,
	};
	char *bytes;
	size_t size;
	iotkit_status status = private_file_read(&file, &bytes, &size);

	if (status != IOTKIT_OK)
		return status;
	status = parse(source, bytes, size, key);
	secret_free(bytes);
	return status;
}
