/* SPDX-License-Identifier: MIT
 *
 * Looking at a peer without trusting it.
 */
#include <mbedtls/ssl.h>
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

iotkit_status tls_examine(struct tls *tls, const struct tls_peer *peer, int fd,
			  const struct patience *patience, struct buffer *report)
{
	struct tls_stream *stream = NULL;
	iotkit_status status = stream_prepare(tls, peer, report, &stream);

	if (status != IOTKIT_OK)
		return status;
	stream->tap.fd = fd;
	status = handshake(stream, patience);
	if (status == IOTKIT_OK)
		status = report_agreement(stream, report);
	if (status == IOTKIT_OK && stream->verification.flags != 0)
		status = verification_explain(&stream->verification);
	if (status == IOTKIT_OK)
		status = handshake_verdict(stream, patience);
	tls_stream_close(stream);
	return status;
}
