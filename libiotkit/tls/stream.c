/* SPDX-License-Identifier: MIT
 *
 * One TLS connection: from the handshake to close_notify.
 */
#include <errno.h>
#include <mbedtls/ssl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "tls/internal.h"
#include "tls/x509/compat.h"

enum { RECORD_MAX = 16384 }; /* RFC 5246 section 6.2.1 */

/* ---- what the user should know ---- */

static void warn_of_expiry(const struct tls_stream *stream, const char *whose,
			   const struct facts *facts, const char *mend)
{
	int64_t left_s = facts->not_after - stream->verification.moment.now;
	char when[MOMENT_TEXT_SIZE];

	if (left_s > stream->tls->settings->expiry_warning_days * MOMENT_DAY_S)
		return;
	moment_text(facts->not_after, when);
	if (left_s < 0)
		tls_warn(stream->tls, "%s certificate (%s) expired on %s: %s", whose,
			 facts->subject, when, mend);
	else
		tls_warn(stream->tls, "%s certificate (%s) expires on %s, in %lld day%s: %s", whose,
			 facts->subject, when, (long long)(left_s / MOMENT_DAY_S),
			 left_s / MOMENT_DAY_S == 1 ? "" : "s", mend);
}

static void warn_of_expiries(const struct tls_stream *stream)
{
	char whose[ADDRESS_SIZE + 8];
	struct facts own;

	snprintf(whose, sizeof whose, "the %s", stream->address);
	if (stream->verification.seen || stream->resumed)
		warn_of_expiry(stream, whose, &stream->verification.leaf,
			       "renew it at the broker ('iotkit-certs server ... --renew')");
	if (!stream->credentials.has_own)
		return;
	facts_of(&stream->credentials.own, &own);
	warn_of_expiry(stream, "this client's", &own,
		       "renew it ('iotkit-certs client ... --renew'); the next connection uses it");
}

static void warn_of_settings(const struct tls_stream *stream)
{
	const struct tls_settings *settings = stream->tls->settings;
	char now[MOMENT_TEXT_SIZE], system[MOMENT_TEXT_SIZE];

	if (settings->verify == TLS_VERIFY_NONE)
		tls_warn(
			stream->tls,
			"tls.verify is 'none': anybody can pretend to be %s and read what is sent; "
			"set tls.ca_file, and tls.verify to full",
			stream->address);
	if (settings->keylog_file[0] != '\0')
		tls_warn(stream->tls,
			 "keylog.file is set: who has %.128s can read all that is sent; take the "
			 "option out when you have seen enough",
			 settings->keylog_file);
	if (!moment_is_floored(&stream->verification.moment))
		return;
	moment_text(stream->verification.moment.now, now);
	moment_text(stream->verification.moment.system, system);
	tls_warn(stream->tls,
		 "the system's clock says %s, which is in the past: certificates are judged by %s, "
		 "the newest moment known (tls.clock=floor)",
		 system, now);
}

/* ---- opening ---- */

static void count(struct tls_stream *stream, int64_t began_us)
{
	struct tls_counters *counters = &stream->tls->counters;

	counters->handshakes++;
	counters->resumed += stream->resumed;
	counters->handshake_bytes += stream->tap.sent + stream->tap.received;
	counters->handshake_us += (uint64_t)(clock_monotonic_us() - began_us);
}

iotkit_status tls_stream_prepare(struct tls *tls, const struct tls_peer *peer,
				 struct tls_stream **out)
{
	return stream_prepare(tls, peer, NULL, out);
}

iotkit_status tls_stream_connect(struct tls_stream *stream, int fd, const struct patience *patience)
{
	const struct tls_settings *settings = stream->tls->settings;

	stream->tap.fd = fd;
	warn_of_settings(stream);
	int64_t began_us = clock_monotonic_us();
	iotkit_status status = handshake(stream, patience);
	/* With tls.verify=none mbedTLS goes on whatever is wrong; a wrong pin is not let
	 * pass. */
	if (status == IOTKIT_OK && stream->verification.flags != 0)
		status = explain_handshake(stream, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
	if (status != IOTKIT_OK)
		return status;
	stream->resumed = !stream->verification.seen && stream->credentials.psk == NULL;
	count(stream, began_us);
	resumption_keep(stream);
	warn_of_expiries(stream);
	if (settings->verify != TLS_VERIFY_NONE && stream->credentials.psk == NULL)
		moment_keep(&settings->clock, stream->verification.moment.now);
	return IOTKIT_OK;
}

void tls_stream_close(struct tls_stream *stream)
{
	if (stream == NULL)
		return;
	if (!stream->broken && mbedtls_ssl_get_ciphersuite(&stream->ssl) != NULL)
		mbedtls_ssl_close_notify(&stream->ssl);
	mbedtls_ssl_free(&stream->ssl);
	mbedtls_ssl_config_free(&stream->config);
	credentials_free(&stream->credentials);
	keylog_close(&stream->keylog);
	secret_free(stream);
}

/* ---- traffic ---- */

/* -1 with errno for what mbedTLS returned. */
static ssize_t give_up(struct tls_stream *stream, int code)
{
	if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) {
		errno = EAGAIN;
		return -1;
	}
	stream->broken = true;
	explain_traffic(stream, code);
	errno = stream->tap.error != 0 ? stream->tap.error : EPROTO;
	return -1;
}

/* In TLS 1.3 tickets come after the handshake. mbedTLS tells of one in place of what
 * it was asked for, be that to write. */
static bool took_ticket(struct tls_stream *stream, int code)
{
	if (code != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
		return false;
	resumption_keep(stream);
	return true;
}

ssize_t tls_stream_read(struct tls_stream *stream, void *bytes, size_t size)
{
	int n;

	stream->tap.reads_left = READS_AT_ONCE;
	do
		n = mbedtls_ssl_read(&stream->ssl, bytes, size);
	while (took_ticket(stream, n));
	/* MQTT tells where its packets end, so that an end without close_notify, as
	 * many brokers have it, hides nothing. */
	if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || n == MBEDTLS_ERR_SSL_CONN_EOF)
		return 0;
	return n >= 0 ? n : give_up(stream, n);
}

static int write_some(struct tls_stream *stream, const void *bytes, size_t size)
{
	int n;

	stream->tap.reads_left = READS_AT_ONCE;
	do
		n = mbedtls_ssl_write(&stream->ssl, bytes, size);
	while (took_ticket(stream, n));
	return n;
}

/* mbedTLS wants a write that it could not finish repeated with the same size, and
 * takes what is left of an alert of its own for one. */
ssize_t tls_stream_write(struct tls_stream *stream, const void *bytes, size_t size)
{
	int n = 0;

	if (stream->owed == 0 && compat_has_output(&stream->ssl))
		n = write_some(stream, bytes, 0);
	if (n == 0) {
		size_t whole = size < RECORD_MAX ? size : RECORD_MAX;
		whole = stream->owed > 0 ? stream->owed : whole;
		n = write_some(stream, bytes, whole);
		stream->owed = n == MBEDTLS_ERR_SSL_WANT_WRITE ? whole : 0;
	}
	return n >= 0 ? n : give_up(stream, n);
}

bool tls_stream_has_bytes(const struct tls_stream *stream)
{
	const struct wiretap *tap = &stream->tap;

	return !stream->broken &&
	       (tap->ahead_begin < tap->ahead_end || mbedtls_ssl_check_pending(&stream->ssl) != 0);
}

void tls_stream_count(const struct tls_stream *stream, uint64_t *sent, uint64_t *received)
{
	*sent += stream->tap.sent;
	*received += stream->tap.received;
}

void tls_stream_describe(const struct tls_stream *stream, char text[TLS_STREAM_TEXT_SIZE])
{
	snprintf(text, TLS_STREAM_TEXT_SIZE, "%s, %s%s", mbedtls_ssl_get_version(&stream->ssl),
		 mbedtls_ssl_get_ciphersuite(&stream->ssl),
		 stream->resumed ? ", session resumed" : "");
}
