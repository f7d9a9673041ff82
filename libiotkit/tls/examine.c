/* SPDX-License-Identifier: MIT
 *
 * Looking at a peer without trusting it.
 */
#include <mbedtls/ssl.h>
#include <stdbool.h>
#include <stdio.h>

#include "tls/internal.h"

static iotkit_status report_agreement(const struct tls_stream *stream, struct buffer *report)
{
	const char *alpn = mbedtls_ssl_get_alpn_protocol(&stream->ssl);
	char text[256];

	snprintf(text, sizeof text, "Version:       %s\nCipher suite:  %s\n%s%.64s%s",
		 mbedtls_ssl_get_version(&stream->ssl), mbedtls_ssl_get_ciphersuite(&stream->ssl),
		 alpn != NULL ? "Protocol:      " : "", alpn != NULL ? alpn : "",
		 alpn != NULL ? "\n" : "");
	return buffer_append_text(report, text);
}

static void flip(char *bytes, size_t size)
{
	for (size_t i = 0; i < size / 2; i++) {
		char byte = bytes[i];
		bytes[i] = bytes[size - 1 - i];
		bytes[size - 1 - i] = byte;
	}
}

/* mbedTLS judges from the CA down to the peer; readers look for the peer first. The
 * whole is turned round, and then each certificate, with an empty line between. */
static void put_peer_first(struct buffer *chain)
{
	const char *bytes = chain->bytes;
	size_t begin = 0;

	flip(chain->bytes, chain->size);
	for (size_t i = 1; i <= chain->size; i++) {
		bool between = i + 1 < chain->size && bytes[i] == '\n' && bytes[i + 1] == '\n';
		if (!between && i < chain->size)
			continue;
		flip(chain->bytes + begin, i - begin);
		begin = i + 1;
	}
}

/* After our callback mbedTLS looks whether the leaf goes with the cipher suite. */
static void add_late_flaws(struct tls_stream *stream)
{
	struct verification *verification = &stream->verification;
	uint32_t late = mbedtls_ssl_get_verify_result(&stream->ssl) & ~verification->flags;

	if (flaw_first(late, false) < flaw_first(verification->flags, verification->wrong_pin)) {
		verification->culprit = verification->leaf;
		verification->culprit_depth = 0;
	}
	verification->flags |= late;
}

static iotkit_status judge(struct tls_stream *stream)
{
	const struct verification *verification = &stream->verification;

	if (verification->seen && verification->settings->verify != TLS_VERIFY_NONE)
		add_late_flaws(stream);
	return verification->flags != 0 ? verification_explain(verification) : IOTKIT_OK;
}

iotkit_status tls_examine(struct tls *tls, const struct tls_peer *peer, int fd,
			  const struct patience *patience, struct buffer *report)
{
	struct tls_stream *stream = NULL;
	iotkit_status status = stream_prepare(tls, peer, report, &stream);

	if (status != IOTKIT_OK)
		return status;
	stream->tap.fd = fd;
	status = handshake(stream, patience);
	put_peer_first(report);
	if (status == IOTKIT_OK)
		status = report_agreement(stream, report);
	if (status == IOTKIT_OK)
		status = judge(stream);
	if (status == IOTKIT_OK)
		status = handshake_verdict(stream, patience);
	tls_stream_close(stream);
	return status;
}
