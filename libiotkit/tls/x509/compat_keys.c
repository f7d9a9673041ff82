/* SPDX-License-Identifier: MIT
 *
 * Where mbedTLS tells the keys of a connection, and in which form.
 */
#include "tls/x509/compat.h"

enum { MASTER_SIZE = 48 }; /* RFC 5246 section 8.1 */

#if COMPAT_MBEDTLS_3

static const char *label_of(mbedtls_ssl_key_export_type type)
{
	switch (type) {
	case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
		return "CLIENT_RANDOM";
#if COMPAT_TLS_1_3
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
		return "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
		return "SERVER_HANDSHAKE_TRAFFIC_SECRET";
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
		return "CLIENT_TRAFFIC_SECRET_0";
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
		return "SERVER_TRAFFIC_SECRET_0";
#endif
	default:
		return NULL;
	}
}

static void on_keys(void *context, mbedtls_ssl_key_export_type type, const unsigned char *secret,
		    size_t secret_size, const unsigned char client_random[COMPAT_RANDOM_SIZE],
		    const unsigned char server_random[COMPAT_RANDOM_SIZE],
		    mbedtls_tls_prf_types prf)
{
	const struct compat_key_sink *sink = context;
	const char *label = label_of(type);

	(void)server_random;
	(void)prf;
	if (label != NULL)
		sink->take(sink->context, label, client_random, secret, secret_size);
}

void compat_export_keys(const struct compat_key_sink *sink, mbedtls_ssl_config *config,
			mbedtls_ssl_context *ssl)
{
	(void)config;
	mbedtls_ssl_set_export_keys_cb(ssl, on_keys, (void *)(uintptr_t)sink);
}

#else

/* NOLINTNEXTLINE(readability-function-size): mbedTLS asks for these parameters. */
static int on_keys(void *context, const unsigned char *master, const unsigned char *block,
		   size_t mac_size, size_t key_size, size_t iv_size,
		   const unsigned char client_random[COMPAT_RANDOM_SIZE],
		   const unsigned char server_random[COMPAT_RANDOM_SIZE], mbedtls_tls_prf_types prf)
{
	const struct compat_key_sink *sink = context;

	(void)block;
	(void)mac_size;
	(void)key_size;
	(void)iv_size;
	(void)server_random;
	(void)prf;
	sink->take(sink->context, "CLIENT_RANDOM", client_random, master, MASTER_SIZE);
	return 0;
}

void compat_export_keys(const struct compat_key_sink *sink, mbedtls_ssl_config *config,
			mbedtls_ssl_context *ssl)
{
	(void)ssl;
	mbedtls_ssl_conf_export_keys_ext_cb(config, on_keys, (void *)(uintptr_t)sink);
}

#endif
