/* SPDX-License-Identifier: MIT */
#include "tls/x509/key_parse.h"

#include <mbedtls/pem.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "tls/x509/compat.h"
#include "tls/x509/look.h"
#include "tls/x509/pkcs8.h"

static iotkit_status wants_password(const struct key_source *source, const char *name)
{
	if (source->password_option[0] == '\0')
		return error_set(IOTKIT_EINVAL,
				 "the %s is encrypted: name a file with its pass phrase", name);
	return error_set(
		IOTKIT_EINVAL,
		"the %s is encrypted: set %s to a file whose first line is its pass phrase", name,
		source->password_option);
}

static iotkit_status wrong_password(const struct key_source *source, const char *name)
{
	char file[FILE_NAME_SIZE];

	file_name("password file", source->password_file, source->password_option, file);
	return error_set(IOTKIT_EINVAL,
			 "the pass phrase in the %s does not open the %s: correct its first line",
			 file, name);
}

static iotkit_status explain_outcome(const struct key_source *source, const char *name,
				     enum pkcs8_outcome outcome)
{
	const char *what;
	char path[FILE_PATH_SIZE];

	switch (outcome) {
	case PKCS8_NO_MEMORY:
		return error_set_no_memory();
	case PKCS8_WRONG_PASSWORD:
		return wrong_password(source, name);
	case PKCS8_MALFORMED:
		return error_set(IOTKIT_EINVAL,
				 "the %s is damaged: its encrypted key cannot be read; "
				 "copy it anew from where it was made",
				 name);
	case PKCS8_UNKNOWN_SCHEME:
		what = "in an old way (not PBES2)";
		break;
	case PKCS8_UNKNOWN_KDF:
		what = "by an unknown way to derive a key (not PBKDF2 with HMAC-SHA)";
		break;
	case PKCS8_TOO_COSTLY:
		what = "with more rounds of PBKDF2 than the 10 million that are allowed";
		break;
	default:
		what = "with an unknown cipher (not AES-CBC)";
	}
	return error_set(IOTKIT_EINVAL,
			 "the %s is encrypted %s: convert it with "
			 "'openssl pkey -in %s -aes256 -out NEW'",
			 name, what, file_path(source->path, path));
}

static iotkit_status explain_code(const struct key_source *source, const char *name, int code)
{
	if (compat_is_no_memory(code))
		return error_set_no_memory();
	switch (compat_whole(code)) {
	case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
		return wants_password(source, name);
	case MBEDTLS_ERR_PK_PASSWORD_MISMATCH:
		return wrong_password(source, name);
	case MBEDTLS_ERR_PEM_UNKNOWN_ENC_ALG:
	case MBEDTLS_ERR_PEM_FEATURE_UNAVAILABLE:
		return explain_outcome(source, name, PKCS8_UNKNOWN_CIPHER);
	case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
	case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
		return error_set(IOTKIT_EINVAL,
				 "the %s holds a key of a kind that mbedTLS does not know: use an "
				 "RSA key, or an elliptic curve key as of P-256",
				 name);
	default:
		return error_set(IOTKIT_EINVAL,
				 "the private key in the %s is damaged (mbedTLS error -0x%04x): "
				 "copy it anew from where it was made",
				 name, (unsigned int)-code);
	}
}

static iotkit_status explain_look(const struct key_source *source, const char *name, enum look look)
{
	char path[FILE_PATH_SIZE];

	switch (look) {
	case LOOKS_PKCS12:
		return error_set(
			IOTKIT_EINVAL,
			"the %s holds a PKCS #12 store, not a private key: take the key out "
			"with 'openssl pkcs12 -in %s -nocerts -out NEW'",
			name, file_path(source->path, path));
	case LOOKS_SSH_KEY:
		return error_set(IOTKIT_EINVAL,
				 "the %s holds a key of OpenSSH, which TLS does not use: name the "
				 "key that the certificate was made for",
				 name);
	default:
		return error_set(IOTKIT_EINVAL,
				 "the %s holds %s, not a private key: name the file that has "
				 "'BEGIN PRIVATE KEY' in it",
				 name, look_name(look));
	}
}

/* A wrong password may decrypt to what looks like a key at its very beginning. */
static bool is_garbled(int code, const unsigned char *bytes, const char *password)
{
	return password != NULL && compat_is_malformed(code) &&
	       strstr((const char *)bytes, "Proc-Type: 4,ENCRYPTED") != NULL;
}

static iotkit_status parse_clear(const struct key_source *source, const char *name,
				 const unsigned char *bytes, size_t size, const char *password,
				 mbedtls_pk_context *key)
{
	size_t password_size = password == NULL ? 0 : strlen(password);
	int rc = compat_parse_key(key, bytes, size, (const unsigned char *)password, password_size);

	if (rc == 0)
		return IOTKIT_OK;
	if (!compat_is_no_memory(rc) && is_garbled(rc, bytes, password))
		return wrong_password(source, name);
	return explain_code(source, name, rc);
}

static iotkit_status parse_encrypted(const struct key_source *source, const char *name,
				     const unsigned char *der, size_t size, const char *password,
				     mbedtls_pk_context *key)
{
	unsigned char *clear;
	size_t clear_size;

	if (password == NULL)
		return wants_password(source, name);
	enum pkcs8_outcome outcome = pkcs8_decrypt(der, size, password, &clear, &clear_size);
	if (outcome != PKCS8_OPENED)
		return explain_outcome(source, name, outcome);
	iotkit_status status = parse_clear(source, name, clear, clear_size, NULL, key);
	secret_free(clear);
	return status;
}

static iotkit_status parse_encrypted_pem(const struct key_source *source, const char *name,
					 const char *text, const char *password,
					 mbedtls_pk_context *key)
{
	mbedtls_pem_context pem;
	size_t used;
	iotkit_status status;

	mbedtls_pem_init(&pem);
	int rc = mbedtls_pem_read_buffer(&pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----",
					 "-----END ENCRYPTED PRIVATE KEY-----",
					 (const unsigned char *)text, NULL, 0, &used);
	if (rc == 0)
		status = parse_encrypted(source, name, pem.MBEDTLS_PRIVATE(buf),
					 pem.MBEDTLS_PRIVATE(buflen), password, key);
	else
		status = explain_code(source, name, rc);
	mbedtls_pem_free(&pem);
	return status;
}

iotkit_status key_parse(const struct key_source *source, const char *bytes, size_t size,
			const char *password, mbedtls_pk_context *key)
{
	const unsigned char *der = (const unsigned char *)bytes;
	bool is_pem = strstr(bytes, "-----BEGIN ") != NULL;
	enum look look = look_at(bytes, size);
	char name[FILE_NAME_SIZE];

	file_name("key file", source->path, source->option, name);
	if (strstr(bytes, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL)
		return parse_encrypted_pem(source, name, bytes, password, key);
	/* mbedTLS wants the NUL with PEM; a certificate may stand before its key. */
	if (strstr(bytes, "PRIVATE KEY-----") != NULL && look != LOOKS_SSH_KEY)
		return parse_clear(source, name, der, size + 1, password, key);
	if (look == LOOKS_ENCRYPTED_KEY)
		return parse_encrypted(source, name, der, size, password, key);
	/* Without the password, which mbedTLS would try without bounds. */
	if (look == LOOKS_PRIVATE_KEY && !is_pem)
		return parse_clear(source, name, der, size, NULL, key);
	return explain_look(source, name, look);
}
