/* SPDX-License-Identifier: MIT
 *
 * Why a handshake, or a connection after it, failed: both sides of the story,
 * and what mends it. Source of the alerts: RFC 8446 section 6.
 */
#include <ctype.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tls/alert.h"
#include "tls/internal.h"
#include "tls/x509/compat.h"

enum {
	RECORD_CHANGE_CIPHER = 20, /* RFC 5246 section 6.2.1 */
	RECORD_DATA = 23,
	MQTT_CONNACK = 0x20
};

/* ---- no TLS at all ---- */

static bool speaks_tls(const struct wiretap *tap)
{
	return tap->received == 0 ||
	       (tap->first[0] >= RECORD_CHANGE_CIPHER && tap->first[0] <= RECORD_DATA);
}

static iotkit_status explain_no_tls(const struct tls_stream *stream)
{
	const struct wiretap *tap = &stream->tap;
	size_t size = tap->received < FIRST_BYTES ? (size_t)tap->received : FIRST_BYTES;
	char shown[4 * FIRST_BYTES + 1] = "";

	if (tap->first[0] == MQTT_CONNACK)
		return error_set(
			IOTKIT_ETLS,
			"%s speaks plain MQTT on this port, not TLS: use mqtts:// with the "
			"broker's TLS port (usually 8883), or mqtt://%s without encryption",
			stream->address, stream->address);
	for (size_t i = 0; i < size; i++)
		snprintf(shown + strlen(shown), sizeof shown - strlen(shown),
			 isprint(tap->first[i]) ? "%c" : "\\x%02x", tap->first[i]);
	return error_set(
		IOTKIT_ETLS,
		"%s does not speak TLS on this port: it answered '%s'; check the port (MQTT "
		"with TLS is usually 8883)",
		stream->address, shown);
}

static iotkit_status explain_closed(const struct tls_stream *stream)
{
	if (stream->tap.received == 0)
		return error_set(
			IOTKIT_ENETWORK,
			"%s closed the connection at the first TLS message: most likely it speaks "
			"plain MQTT on this port. Use the broker's TLS port (usually 8883), or "
			"mqtt://%s without encryption",
			stream->address, stream->address);
	if (alert_may_be_about_us(stream))
		return error_set(
			IOTKIT_ENETWORK,
			"%s closed the connection when the TLS handshake came to this client's "
			"certificate, without saying why: %s; its log may tell",
			stream->address,
			stream->credentials.has_own
				? "it may not accept that one"
				: "it may want one (tls.cert_file and tls.key_file)");
	return error_set(
		IOTKIT_ENETWORK,
		"%s closed the connection in the middle of the TLS handshake, without saying "
		"why; its log may tell",
		stream->address);
}

/* ---- what mbedTLS says ---- */

static iotkit_status explain_code(const struct tls_stream *stream, int code, const char *when)
{
	char text[128];

	mbedtls_strerror(code, text, sizeof text);
	return error_set(IOTKIT_ETLS, "TLS with %s failed %s: %s (mbedTLS error -0x%04x)",
			 stream->address, when, text, (unsigned)-code);
}

static iotkit_status explain_lost(const struct tls_stream *stream, const char *when)
{
	return error_set(IOTKIT_ENETWORK, "the connection to %s was lost %s: %s", stream->address,
			 when, strerror(stream->tap.error));
}

static iotkit_status explain_version(const struct tls_stream *stream)
{
	return error_set(
		IOTKIT_ETLS,
		"%s offers no version of TLS that we accept (%s): it may only speak TLS 1.0 "
		"or 1.1, which are broken. Update the broker, or set its tls_version to "
		"tlsv1.2",
		stream->address, stream_versions(stream));
}

/* mbedTLS looks at more than the callback, and then names no code of its own. */
static iotkit_status explain_odd_certificate(const struct tls_stream *stream)
{
	struct verification verification = stream->verification;

	if (verification.flags == 0)
		verification.culprit = verification.leaf;
	verification.flags |= mbedtls_ssl_get_verify_result(&stream->ssl);
	if (verification.flags == 0 || verification.flags == UINT32_MAX)
		verification.flags = MBEDTLS_X509_BADCERT_OTHER;
	return verification_explain(&verification);
}

static iotkit_status explain(const struct tls_stream *stream, int code)
{
	switch (code) {
	case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
		return verification_explain(&stream->verification);
	case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
	case MBEDTLS_ERR_X509_FATAL_ERROR:
		return explain_odd_certificate(stream);
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return alert_explain(stream, compat_alert(&stream->ssl));
	case MBEDTLS_ERR_SSL_CONN_EOF:
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
		return explain_closed(stream);
	case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
		return explain_version(stream);
	case MBEDTLS_ERR_SSL_INVALID_MAC:
		if (stream->credentials.psk != NULL)
			return alert_explain(stream, MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR);
		break;
	default:
		break;
	}
	return explain_code(stream, code, "in the handshake");
}

/* What only a person can mend. */
static bool is_lasting(const struct tls_stream *stream, int code)
{
	switch (code) {
	case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
		return !verification_is_matter_of_time(&stream->verification);
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return alert_is_lasting(stream, compat_alert(&stream->ssl));
	case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
	case MBEDTLS_ERR_X509_FATAL_ERROR:
	case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
		return true;
	case MBEDTLS_ERR_SSL_INVALID_MAC:
		return stream->credentials.psk != NULL;
	default:
		return false;
	}
}

iotkit_status explain_handshake(struct tls_stream *stream, int code)
{
	iotkit_status status;

	if (compat_is_no_memory(code)) {
		stream->tls->failed_for_good = false;
		return error_set_no_memory();
	}
	if (!speaks_tls(&stream->tap))
		status = explain_no_tls(stream);
	else if (stream->tap.error != 0 && stream->tap.received == 0)
		status = explain_closed(stream);
	else if (stream->tap.error != 0)
		status = explain_lost(stream, "in the TLS handshake");
	else
		status = explain(stream, code);
	stream->tls->failed_for_good = !speaks_tls(&stream->tap) || is_lasting(stream, code);
	return status;
}

iotkit_status explain_timeout(struct tls_stream *stream)
{
	if (stream->tap.received == 0)
		return error_set(
			IOTKIT_ETIMEOUT,
			"connecting to %s timed out in the TLS handshake: it took the connection, "
			"but never answered the ClientHello; it hangs, or speaks another protocol. "
			"connect.timeout_ms sets the time",
			stream->address);
	return error_set(
		IOTKIT_ETIMEOUT,
		"connecting to %s timed out in the middle of the TLS handshake, after %llu "
		"bytes from it: the broker hangs, or the network is slow. "
		"connect.timeout_ms sets the time",
		stream->address, (unsigned long long)stream->tap.received);
}

iotkit_status explain_traffic(struct tls_stream *stream, int code)
{
	/* In TLS 1.3 a server judges our certificate after the handshake. It closes then,
	 * so that a write may have failed before its alert is read. */
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		int alert = compat_alert(&stream->ssl);
		stream->tls->failed_for_good = alert_refuses_us(stream, alert);
		return alert_explain(stream, alert);
	}
	if (compat_is_no_memory(code))
		return error_set_no_memory();
	if (stream->tap.error != 0)
		return error_set(IOTKIT_ENETWORK, "the connection to %s was lost: %s",
				 stream->address, strerror(stream->tap.error));
	if (code == MBEDTLS_ERR_SSL_INVALID_MAC || code == MBEDTLS_ERR_SSL_INVALID_RECORD)
		return error_set(IOTKIT_ETLS,
				 "what came from %s was damaged or forged on its way, so the "
				 "connection was ended: a device between may tamper with it",
				 stream->address);
	return explain_code(stream, code, "after the handshake");
}
