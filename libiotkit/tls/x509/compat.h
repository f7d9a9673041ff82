/* SPDX-License-Identifier: MIT
 *
 * What differs between mbedTLS 2.28 and 3.x, and nothing else.
 */
#ifndef IOTKIT_TLS_X509_COMPAT_H
#define IOTKIT_TLS_X509_COMPAT_H

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/threading.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>

#define COMPAT_MBEDTLS_3 (MBEDTLS_VERSION_NUMBER >= 0x03000000)

#if COMPAT_MBEDTLS_3
#include <psa/crypto.h>
#else
#define MBEDTLS_PRIVATE(member) member
#define MBEDTLS_ERR_SSL_BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#define MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET (-0x7B00)
#endif

#if COMPAT_MBEDTLS_3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define COMPAT_TLS_1_3 1
#else
#define COMPAT_TLS_1_3 0
#endif

/* Derives a key from a pass phrase; 0 or an error of mbedTLS. Source: RFC 8018 section 5.2. */
int compat_pbkdf2(mbedtls_md_type_t hash, const char *password, const unsigned char *salt,
		  size_t salt_size, unsigned int iterations, unsigned char *key, size_t key_size);

/* mbedTLS's way to ask for random bytes; the context is not used. */
int compat_random(void *context, unsigned char *bytes, size_t size);

/* Before TLS 1.3 can be used. PSA is one for the whole process: several threads need an
 * mbedTLS that was built with MBEDTLS_THREADING_C. */
static inline bool compat_prepare(void)
{
#if COMPAT_TLS_1_3
	return psa_crypto_init() == PSA_SUCCESS;
#else
	return true;
#endif
}

static inline int compat_parse_key(mbedtls_pk_context *key, const unsigned char *bytes, size_t size,
				   const unsigned char *password, size_t password_size)
{
#if COMPAT_MBEDTLS_3
	return mbedtls_pk_parse_key(key, bytes, size, password, password_size, compat_random, NULL);
#else
	return mbedtls_pk_parse_key(key, bytes, size, password, password_size);
#endif
}

/* mbedTLS adds the code of the part, below these bits, to that of the whole. */
static inline int compat_whole(int code)
{
	return -(-code & 0x7f80);
}

/* Whether that is why; the codes of the whole and of the part both tell. A lock is said to be bad
 * when there was no memory for the generator of numbers that a signature needs. */
static inline bool compat_is_no_memory(int code)
{
	int part = -(-code & 0x7f);

	switch (compat_whole(code)) {
	case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
	case MBEDTLS_ERR_ECP_ALLOC_FAILED:
	case MBEDTLS_ERR_MD_ALLOC_FAILED:
	case MBEDTLS_ERR_PEM_ALLOC_FAILED:
	case MBEDTLS_ERR_PK_ALLOC_FAILED:
	case MBEDTLS_ERR_SSL_ALLOC_FAILED:
	case MBEDTLS_ERR_X509_ALLOC_FAILED:
		return true;
	default:
		return part == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
		       part == MBEDTLS_ERR_ASN1_ALLOC_FAILED ||
		       part == MBEDTLS_ERR_THREADING_BAD_INPUT_DATA;
	}
}

/* Whether a key's bytes make no sense. Of an RSA key 3.x tells the part's code alone. */
static inline bool compat_is_malformed(int code)
{
	int whole = compat_whole(code);

#if COMPAT_MBEDTLS_3
	if (whole == 0 || whole == MBEDTLS_ERR_RSA_BAD_INPUT_DATA)
		return true;
#endif
	return whole == MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
}

static inline int compat_check_pair(const mbedtls_pk_context *public_key,
				    const mbedtls_pk_context *private_key)
{
#if COMPAT_MBEDTLS_3
	return mbedtls_pk_check_pair(public_key, private_key, compat_random, NULL);
#else
	return mbedtls_pk_check_pair(public_key, private_key);
#endif
}

static inline void compat_min_version(mbedtls_ssl_config *config, bool only_1_3)
{
#if COMPAT_MBEDTLS_3
	mbedtls_ssl_conf_min_tls_version(config, only_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3
							  : MBEDTLS_SSL_VERSION_TLS1_2);
#else
	(void)only_1_3;
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
				     MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

static inline void compat_stay_at_1_2(mbedtls_ssl_config *config)
{
#if COMPAT_MBEDTLS_3
	mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
	(void)config;
#endif
}

/* Tickets of TLS 1.3 come after the handshake, and are only told if asked for. */
static inline void compat_want_tickets(mbedtls_ssl_config *config)
{
#if COMPAT_TLS_1_3 && defined(MBEDTLS_SSL_SESSION_TICKETS)
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
		config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#else
	(void)config;
#endif
}

/* Who is told the keys of a connection, by the labels of the NSS key log format. */
enum { COMPAT_RANDOM_SIZE = 32 };
struct compat_key_sink {
	void (*take)(void *context, const char *label, const unsigned char *client_random,
		     const unsigned char *secret, size_t size);
	void *context;
};

/* Before the handshake; the sink must live as long as the connection. */
void compat_export_keys(const struct compat_key_sink *sink, mbedtls_ssl_config *config,
			mbedtls_ssl_context *ssl);

/* The description of the alert that was received last. RFC 8446 section 6. */
static inline int compat_alert(const mbedtls_ssl_context *ssl)
{
	return ssl->MBEDTLS_PRIVATE(in_msg) != NULL ? ssl->MBEDTLS_PRIVATE(in_msg)[1] : 0;
}

/* Something of an earlier record waits to be sent. */
static inline bool compat_has_output(const mbedtls_ssl_context *ssl)
{
	return ssl->MBEDTLS_PRIVATE(out_left) != 0;
}

static inline bool compat_is_1_3(const mbedtls_ssl_context *ssl)
{
#if COMPAT_TLS_1_3
	return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
#else
	(void)ssl;
	return false;
#endif
}

/* Whether the server may be judging who we are: up to TLS 1.2 while it ends the
 * handshake, in TLS 1.3 when the handshake is over for us. */
static inline bool compat_is_judged(const mbedtls_ssl_context *ssl)
{
	int state = ssl->MBEDTLS_PRIVATE(state);

	if (compat_is_1_3(ssl))
		return state >= MBEDTLS_SSL_HANDSHAKE_OVER;
#if !COMPAT_MBEDTLS_3
	if (ssl->client_auth == 0) /* it has not asked */
		return false;
#endif
	return state >= MBEDTLS_SSL_CLIENT_CERTIFICATE && state != MBEDTLS_SSL_HANDSHAKE_OVER;
}

/* 0 or mbedTLS's code; the serial number is not changed. */
static inline int compat_set_serial(mbedtls_x509write_cert *writer, unsigned char *serial,
				    size_t size)
{
#if COMPAT_MBEDTLS_3
	return mbedtls_x509write_crt_set_serial_raw(writer, serial, size);
#else
	mbedtls_mpi number;

	mbedtls_mpi_init(&number);
	int result = mbedtls_mpi_read_binary(&number, serial, size);
	if (result == 0)
		result = mbedtls_x509write_crt_set_serial(writer, &number);
	mbedtls_mpi_free(&number);
	return result;
#endif
}

#endif
