/* SPDX-License-Identifier: MIT */
#include "tls/x509/issue_key.h"

#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>

#include "base/error.h"
#include "base/private_file.h"
#include "base/secret.h"
#include "tls/x509/compat.h"
#include "tls/x509/pkcs8.h"

enum { RSA_EXPONENT = 65537, PASSWORD_SIZE = 1024 };

int issue_key_make(int32_t kind, mbedtls_pk_context *key)
{
	bool rsa = kind == IOTKIT_KEY_RSA_2048 || kind == IOTKIT_KEY_RSA_4096;
	int result = mbedtls_pk_setup(
		key, mbedtls_pk_info_from_type(rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY));

	if (result != 0)
		return result;
	if (!rsa)
		return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key),
					   compat_random, NULL);
	return mbedtls_rsa_gen_key(mbedtls_pk_rsa(*key), compat_random, NULL,
				   kind == IOTKIT_KEY_RSA_2048 ? 2048 : 4096, RSA_EXPONENT);
}

iotkit_status issue_key_write(mbedtls_pk_context *key, const char *password_file, char **pem_out)
{
	const struct private_file file = {
		.what = "password file", .option = "", .path = password_file};

	if (password_file == NULL)
		return pkcs8_write_pem(key, NULL, pem_out);
	char *password = secret_alloc(PASSWORD_SIZE);
	if (password == NULL)
		return error_set_no_memory();
	iotkit_status status = private_file_read_line(&file, password, PASSWORD_SIZE);
	if (status == IOTKIT_OK)
		status = pkcs8_write_pem(key, password, pem_out);
	secret_free(password);
	return status;
}
