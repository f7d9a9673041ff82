/* SPDX-License-Identifier: MIT
 *
 * The numbers are those of RFC 8446 section 6; some were reserved by RFC 5246.
 */
#include "tls/alert.h"

#include "base/error.h"
#include "tls/x509/compat.h"

enum {
	UNEXPECTED_MESSAGE = 10,
	BAD_RECORD_MAC = 20,
	HANDSHAKE_FAILURE = 40,
	BAD_CERTIFICATE = 42,
	UNSUPPORTED_CERTIFICATE = 43,
	CERTIFICATE_REVOKED = 44,
	CERTIFICATE_EXPIRED = 45,
	CERTIFICATE_UNKNOWN = 46,
	UNKNOWN_CA = 48,
	DECRYPT_ERROR = 51,
	PROTOCOL_VERSION = 70,
	INSUFFICIENT_SECURITY = 71,
	INTERNAL_ERROR = 80,
	UNRECOGNIZED_NAME = 112,
	UNKNOWN_PSK_IDENTITY = 115,
	CERTIFICATE_REQUIRED = 116,
	NO_APPLICATION_PROTOCOL = 120
};

static const struct {
	int alert;
	const char *words;
} alert_names[] = {
	{UNEXPECTED_MESSAGE, "unexpected message"},
	{BAD_RECORD_MAC, "bad record MAC"},
	{HANDSHAKE_FAILURE, "handshake failure"},
	{BAD_CERTIFICATE, "bad certificate"},
	{UNSUPPORTED_CERTIFICATE, "unsupported certificate"},
	{CERTIFICATE_REVOKED, "certificate revoked"},
	{CERTIFICATE_EXPIRED, "certificate expired"},
	{CERTIFICATE_UNKNOWN, "certificate unknown"},
	{UNKNOWN_CA, "unknown CA"},
	{DECRYPT_ERROR, "decrypt error"},
	{PROTOCOL_VERSION, "protocol version"},
	{INSUFFICIENT_SECURITY, "insufficient security"},
	{INTERNAL_ERROR, "internal error"},
	{UNRECOGNIZED_NAME, "unrecognized name"},
	{UNKNOWN_PSK_IDENTITY, "unknown PSK identity"},
	{CERTIFICATE_REQUIRED, "certificate required"},
	{NO_APPLICATION_PROTOCOL, "no application protocol"},
};

static const char *name_of(int alert)
{
	for (size_t i = 0; i < sizeof alert_names / sizeof alert_names[0]; i++)
		if (alert_names[i].alert == alert)
			return alert_names[i].words;
	return "an unknown alert";
}

static iotkit_status explain_psk(const struct tls_stream *stream, int alert)
{
	return error_set(
		IOTKIT_ETLS,
		"%s refuses the pre-shared key of '%.64s' (alert %d, %s): its key in "
		"tls.psk_file %.96s must be the one that the broker's psk_file has for this "
		"tls.psk_identity",
		stream->address, stream->tls->settings->psk_identity, alert, name_of(alert),
		stream->tls->settings->psk_file);
}

static iotkit_status explain_certificate_wanted(const struct tls_stream *stream, int alert)
{
	return error_set(IOTKIT_ETLS,
			 "%s requires a client certificate, and none was given (alert %d, %s): set "
			 "tls.cert_file and tls.key_file to one that its CA signed ('iotkit-certs "
			 "client NAME' makes one)",
			 stream->address, alert, name_of(alert));
}

static const char *refusal_mend(int alert)
{
	switch (alert) {
	case CERTIFICATE_EXPIRED:
		return "renew it ('iotkit-certs client ... --renew')";
	case CERTIFICATE_REVOKED:
		return "its CA has revoked it; issue a new one";
	case UNSUPPORTED_CERTIFICATE:
		return "it is of the wrong kind, as a server's; issue one with 'iotkit-certs "
		       "client'";
	default:
		return "it must be signed by the CA in the broker's cafile, be valid now by the "
		       "broker's clock, and be made for clients";
	}
}

static iotkit_status explain_certificate_refused(const struct tls_stream *stream, int alert)
{
	struct facts own;

	facts_of(&stream->credentials.own, &own);
	return error_set(
		IOTKIT_ETLS,
		"%s refuses our client certificate '%.80s', issued by '%.80s' (alert %d, %s): "
		"%s",
		stream->address, own.subject, own.issuer, alert, name_of(alert),
		refusal_mend(alert));
}

static iotkit_status explain_no_cipher(const struct tls_stream *stream, int alert)
{
	if (stream->credentials.psk != NULL)
		return error_set(
			IOTKIT_ETLS,
			"%s has no cipher suite for pre-shared keys in common with this client "
			"(alert %d, %s): most likely it has a certificate and no psk_file. Set "
			"tls.ca_file instead of tls.psk_identity, or psk_file in the broker",
			stream->address, alert, name_of(alert));
	return error_set(
		IOTKIT_ETLS,
		"%s and this client have no cipher suite in common (alert %d, %s): the broker "
		"allows only suites, curves or keys that mbedTLS %s does not offer, or only "
		"pre-shared keys. Allow ECDHE with AES-GCM in the broker's 'ciphers', or set "
		"tls.psk_identity",
		stream->address, alert, name_of(alert), MBEDTLS_VERSION_STRING);
}

static iotkit_status explain_version(const struct tls_stream *stream, int alert)
{
	return error_set(
		IOTKIT_ETLS,
		"%s has no version of TLS in common with this client, which speaks %s (alert %d, "
		"%s): %s",
		stream->address, stream_versions(stream), alert, name_of(alert),
		stream->tls->settings->only_1_3
			? "set tls.min_version to 1.2, or update the broker"
			: "a broker that only has TLS 1.0 or 1.1, which are broken, must be "
			  "updated, and one that only has TLS 1.3 must allow 1.2; mosquitto's "
			  "tls_version sets the oldest");
}

bool alert_may_be_about_us(const struct tls_stream *stream)
{
	return compat_is_judged(&stream->ssl);
}

static bool is_about_certificate(int alert)
{
	return alert == HANDSHAKE_FAILURE || alert == UNKNOWN_CA || alert == CERTIFICATE_REQUIRED ||
	       alert == DECRYPT_ERROR || (alert >= BAD_CERTIFICATE && alert <= CERTIFICATE_UNKNOWN);
}

static bool is_about_psk(int alert)
{
	return alert == UNKNOWN_PSK_IDENTITY || alert == DECRYPT_ERROR || alert == BAD_RECORD_MAC;
}

bool alert_refuses_us(const struct tls_stream *stream, int alert)
{
	return (alert_may_be_about_us(stream) && is_about_certificate(alert)) ||
	       alert == CERTIFICATE_REQUIRED;
}

bool alert_is_lasting(const struct tls_stream *stream, int alert)
{
	switch (alert) {
	case HANDSHAKE_FAILURE:
	case INSUFFICIENT_SECURITY:
	case PROTOCOL_VERSION:
	case UNRECOGNIZED_NAME:
	case NO_APPLICATION_PROTOCOL:
		return true;
	default:
		return alert_refuses_us(stream, alert) ||
		       (stream->credentials.psk != NULL && is_about_psk(alert));
	}
}

iotkit_status alert_explain(const struct tls_stream *stream, int alert)
{
	if (stream->credentials.psk != NULL && is_about_psk(alert))
		return explain_psk(stream, alert);
	if (alert_refuses_us(stream, alert))
		return stream->credentials.has_own ? explain_certificate_refused(stream, alert)
						   : explain_certificate_wanted(stream, alert);
	if (alert == HANDSHAKE_FAILURE || alert == INSUFFICIENT_SECURITY)
		return explain_no_cipher(stream, alert);
	if (alert == PROTOCOL_VERSION)
		return explain_version(stream, alert);
	if (alert == UNRECOGNIZED_NAME)
		return error_set(
			IOTKIT_ETLS,
			"%s does not know the name '%.128s' (alert %d, %s): connect to a name "
			"that it has, or set tls.server_name",
			stream->address, stream->host, alert, name_of(alert));
	if (alert == NO_APPLICATION_PROTOCOL)
		return error_set(
			IOTKIT_ETLS,
			"%s knows none of the protocols in tls.alpn '%.128s' (alert %d, %s)",
			stream->address, stream->tls->settings->alpn, alert, name_of(alert));
	return error_set(IOTKIT_ETLS, "%s ended TLS with alert %d (%s); its log may tell why",
			 stream->address, alert, name_of(alert));
}
