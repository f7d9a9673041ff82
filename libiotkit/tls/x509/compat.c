/* SPDX-License-Identifier: MIT */
#include "tls/x509/compat.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/pkcs5.h>
#include <string.h>
#include <unistd.h>

enum { GETENTROPY_MAX = 256 };

int compat_random(void *context, unsigned char *bytes, size_t size)
{
	(void)context;
	for (size_t part; size > 0; bytes += part, size -= part) {
		part = size < GETENTROPY_MAX ? size : GETENTROPY_MAX;
		if (getentropy(bytes, part) != 0)
			return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
	}
	return 0;
}

int compat_pbkdf2(mbedtls_md_type_t hash, const char *password, const unsigned char *salt,
		  size_t salt_size, unsigned int iterations, unsigned char *key, size_t key_size)
{
	const unsigned char *bytes = (const unsigned char *)password;
#if COMPAT_MBEDTLS_3
	return mbedtls_pkcs5_pbkdf2_hmac_ext(hash, bytes, strlen(password), salt, salt_size,
					     iterations, (uint32_t)key_size, key);
#else
	mbedtls_md_context_t hmac;
	int rc;

	mbedtls_md_init(&hmac);
	rc = mbedtls_md_setup(&hmac, mbedtls_md_info_from_type(hash), 1);
	if (rc == 0)
		rc = mbedtls_pkcs5_pbkdf2_hmac(&hmac, bytes, strlen(password), salt, salt_size,
					       iterations, (uint32_t)key_size, key);
	mbedtls_md_free(&hmac);
	return rc;
#endif
}
