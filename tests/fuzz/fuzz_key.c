/* SPDX-License-Identifier: MIT
 *
 * Bytes as a file with a private key, with a pass phrase and without. Promised for
 * any of them: a key, or a sentence that says why not.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "tls/x509/compat.h"
#include "tls/x509/key_parse.h"

static const struct key_source source = {
	.path = "/key", .option = "o", .password_file = "/p", .password_option = "p"};

static void promise(bool kept)
{
	if (!kept)
		abort();
}

/* Millions of rounds find nothing that a few do not. */
int __real_compat_pbkdf2(mbedtls_md_type_t hash, const char *password, const unsigned char *salt,
			 size_t salt_size, unsigned int iterations, unsigned char *key,
			 size_t key_size);
int __wrap_compat_pbkdf2(mbedtls_md_type_t hash, const char *password, const unsigned char *salt,
			 size_t salt_size, unsigned int iterations, unsigned char *key,
			 size_t key_size);

int __wrap_compat_pbkdf2(mbedtls_md_type_t hash, const char *password, const unsigned char *salt,
			 size_t salt_size, unsigned int iterations, unsigned char *key,
			 size_t key_size)
{
	enum { ENOUGH = 16 };

	return __real_compat_pbkdf2(hash, password, salt, salt_size,
				    iterations < ENOUGH ? iterations : ENOUGH, key, key_size);
}

static void parse(const char *text, size_t size, const char *password)
{
	mbedtls_pk_context key;

	mbedtls_pk_init(&key);
	error_set(IOTKIT_OK, "%s", "");
	iotkit_status status = key_parse(&source, text, size, password, &key);
	if (status == IOTKIT_OK)
		promise(mbedtls_pk_get_bitlen(&key) > 0);
	else
		promise(status == IOTKIT_EINVAL && *error_last() != '\0');
	mbedtls_pk_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);

	promise(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	parse(text, size, NULL);
	parse(text, size, "open sesame");
	free(text);
	return 0;
}
