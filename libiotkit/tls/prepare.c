/* SPDX-License-Identifier: MIT
 *
 * Everything before the first byte: files, settings, and mbedTLS set up.
 */
#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/secret.h"
#include "tls/internal.h"
#include "tls/x509/compat.h"

/* The strongest first; all are of TLS 1.2. */
static const int psk_suites[] = {
	MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_DHE_PSK_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384,
	MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
	MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_PSK_WITH_AES_128_CCM,
	MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA256,
	0,
};

static iotkit_status fail(const struct tls_stream *stream, int code)
{
	if (compat_is_no_memory(code))
		return error_set_no_memory();
	return error_set(IOTKIT_ETLS, "mbedTLS cannot be set up for %s (error -0x%04x)",
			 stream->address, (unsigned)-code);
}

/* ---- below mbedTLS ---- */

static int on_send(void *context, const unsigned char *bytes, size_t size)
{
	struct wiretap *tap = context;
	ssize_t n = send(tap->fd, bytes, size, MSG_NOSIGNAL);

	if (n >= 0) {
		tap->sent += (uint64_t)n;
		return (int)n;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	/* A server that has refused us closes. Its alert is there to be read, but only by
	 * who has said the rest. */
	if (tap->shaking_hands && (errno == EPIPE || errno == ECONNRESET))
		return (int)size;
	tap->error = errno;
	return MBEDTLS_ERR_NET_SEND_FAILED;
}

/* mbedTLS passes over alerts that are only warnings, without end if they come so. The
 * bound lets deadlines and those who call off have their say in between. */
static int read_ahead(struct wiretap *tap)
{
	if (tap->reads_left == 0)
		return MBEDTLS_ERR_SSL_WANT_READ;
	tap->reads_left--;
	ssize_t n = recv(tap->fd, tap->ahead, sizeof tap->ahead, 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return MBEDTLS_ERR_SSL_WANT_READ;
	if (n < 0) {
		tap->error = errno;
		return MBEDTLS_ERR_NET_RECV_FAILED;
	}
	if (tap->received < FIRST_BYTES) {
		size_t room = FIRST_BYTES - (size_t)tap->received;
		memcpy(tap->first + tap->received, tap->ahead, (size_t)n < room ? (size_t)n : room);
	}
	tap->received += (uint64_t)n;
	tap->ahead_begin = 0;
	tap->ahead_end = (size_t)n;
	return (int)n;
}

static int on_receive(void *context, unsigned char *bytes, size_t size)
{
	struct wiretap *tap = context;

	if (tap->ahead_begin == tap->ahead_end) {
		int n = read_ahead(tap);
		if (n <= 0)
			return n;
	}
	size_t waiting = tap->ahead_end - tap->ahead_begin;
	size_t taken = size < waiting ? size : waiting;
	memcpy(bytes, tap->ahead + tap->ahead_begin, taken);
	tap->ahead_begin += taken;
	return (int)taken;
}

/* ---- settings ---- */

static iotkit_status check_version(const struct tls_settings *settings)
{
	if (settings->only_1_3 && !COMPAT_TLS_1_3)
		return error_set(IOTKIT_EINVAL,
				 "tls.min_version is 1.3, but libiotkit was built with mbedTLS %s, "
				 "which has no TLS 1.3: set it to 1.2",
				 MBEDTLS_VERSION_STRING);
	if (settings->only_1_3 && settings->psk_file[0] != '\0')
		return error_set(IOTKIT_EINVAL,
				 "tls.min_version is 1.3, and pre-shared keys (tls.psk_file) are "
				 "for TLS 1.2, where brokers have them: set it to 1.2");
	return IOTKIT_OK;
}

const char *stream_versions(const struct tls_stream *stream)
{
	if (!COMPAT_TLS_1_3 || stream->credentials.psk != NULL)
		return "TLS 1.2";
	return stream->tls->settings->only_1_3 ? "TLS 1.3" : "TLS 1.2 and 1.3";
}

/* mbedTLS keeps pointers into the list as long as its configuration lives. */
static iotkit_status set_alpn(struct tls_stream *stream)
{
	const char *wanted = stream->tls->settings->alpn;
	size_t count = 0;
	char *rest;

	if (wanted[0] == '\0')
		return IOTKIT_OK;
	if (strlen(wanted) >= sizeof stream->alpn_text)
		return error_set(IOTKIT_EINVAL, "tls.alpn is longer than %d bytes",
				 ALPN_TEXT_SIZE - 1);
	strcpy(stream->alpn_text, wanted);
	for (char *name = strtok_r(stream->alpn_text, ", ", &rest); name != NULL;
	     name = strtok_r(NULL, ", ", &rest)) {
		if (count == ALPN_MAX)
			return error_set(IOTKIT_EINVAL, "tls.alpn has more than %d protocols",
					 ALPN_MAX);
		stream->alpn[count++] = name;
	}
	if (mbedtls_ssl_conf_alpn_protocols(&stream->config, stream->alpn) != 0)
		return error_set(IOTKIT_EINVAL, "tls.alpn '%.64s' is no list of protocol names",
				 wanted);
	return IOTKIT_OK;
}

static int set_credentials(struct tls_stream *stream)
{
	struct credentials *credentials = &stream->credentials;
	const char *identity = stream->tls->settings->psk_identity;

	if (credentials->psk != NULL) {
		compat_stay_at_1_2(&stream->config);
		mbedtls_ssl_conf_ciphersuites(&stream->config, psk_suites);
		return mbedtls_ssl_conf_psk(&stream->config, credentials->psk,
					    credentials->psk_size, (const unsigned char *)identity,
					    strlen(identity));
	}
	mbedtls_ssl_conf_ca_chain(&stream->config, &credentials->ca,
				  credentials->has_crl ? &credentials->crl : NULL);
	if (!credentials->has_own)
		return 0;
	return mbedtls_ssl_conf_own_cert(&stream->config, &credentials->own, &credentials->key);
}

static iotkit_status configure(struct tls_stream *stream, bool examine)
{
	mbedtls_ssl_config *config = &stream->config;
	bool lenient = examine || stream->tls->settings->verify == TLS_VERIFY_NONE;
	int rc = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
					     MBEDTLS_SSL_TRANSPORT_STREAM,
					     MBEDTLS_SSL_PRESET_DEFAULT);

	if (rc == 0)
		rc = set_credentials(stream);
	if (rc != 0)
		return fail(stream, rc);
	compat_min_version(config, stream->tls->settings->only_1_3);
	compat_want_tickets(config);
	mbedtls_ssl_conf_rng(config, compat_random, NULL);
	/* With NONE mbedTLS would not show us the certificate at all. */
	mbedtls_ssl_conf_authmode(config, lenient ? MBEDTLS_SSL_VERIFY_OPTIONAL
						  : MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_verify(config, verification_callback, &stream->verification);
	mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
	return set_alpn(stream);
}

static iotkit_status set_up(struct tls_stream *stream)
{
	/* An address may not be sent as a server name: RFC 6066 section 3. */
	const char *name = facts_is_address(stream->host) ? NULL : stream->host;

	keylog_attach(&stream->keylog, &stream->config, &stream->ssl);
	int rc = mbedtls_ssl_setup(&stream->ssl, &stream->config);
	if (rc == 0)
		rc = mbedtls_ssl_set_hostname(&stream->ssl, name);
	if (rc != 0)
		return fail(stream, rc);
	mbedtls_ssl_set_bio(&stream->ssl, &stream->tap, on_send, on_receive, NULL);
	return IOTKIT_OK;
}

static struct tls_stream *allocate(struct tls *tls, const struct tls_peer *peer)
{
	const char *name = tls->settings->server_name;
	struct tls_stream *stream = secret_alloc(sizeof *stream);

	if (stream == NULL)
		return NULL;
	stream->tls = tls;
	stream->tap.fd = -1;
	stream->keylog.fd = -1;
	snprintf(stream->host, sizeof stream->host, "%s", name[0] != '\0' ? name : peer->host);
	/* The dot of a name that is whole is no part of it: RFC 6066 section 3. */
	size_t length = strlen(stream->host);
	if (length > 1 && stream->host[length - 1] == '.')
		stream->host[length - 1] = '\0';
	snprintf(stream->address, sizeof stream->address, "%.*s:%u", ADDRESS_SIZE - 8, peer->host,
		 (unsigned)peer->port);
	mbedtls_ssl_config_init(&stream->config);
	mbedtls_ssl_init(&stream->ssl);
	return stream;
}

iotkit_status stream_prepare(struct tls *tls, const struct tls_peer *peer, struct buffer *chain,
			     struct tls_stream **out)
{
	struct tls_stream *stream = allocate(tls, peer);

	tls->failed_for_good = false;
	if (stream == NULL)
		return error_set_no_memory();
	iotkit_status status = check_version(tls->settings);
	if (status == IOTKIT_OK)
		status = credentials_load(tls->settings, &stream->credentials);
	if (status != IOTKIT_OK) {
		/* credentials_load() left nothing behind. */
		tls->failed_for_good = status == IOTKIT_EINVAL;
		secret_free(stream);
		return status;
	}
	stream->verification = (struct verification){.settings = tls->settings,
						     .credentials = &stream->credentials,
						     .host = stream->host,
						     .address = stream->address,
						     .moment = moment_now(&tls->settings->clock),
						     .chain = chain};
	status = keylog_open(&stream->keylog, tls->settings->keylog_file);
	if (status == IOTKIT_OK)
		status = configure(stream, chain != NULL);
	if (status == IOTKIT_OK)
		status = set_up(stream);
	if (status != IOTKIT_OK) {
		tls->failed_for_good = true;
		tls_stream_close(stream);
		return status;
	}
	if (chain == NULL && tls->settings->resume)
		resumption_offer(stream);
	*out = stream;
	return IOTKIT_OK;
}
