/* SPDX-License-Identifier: MIT
 *
 * Shaking hands within one deadline, whatever the peer does.
 */
#include <errno.h>
#include <mbedtls/ssl.h>

#include "base/clock.h"
#include "base/error.h"
#include "tls/internal.h"
#include "tls/x509/compat.h"

static iotkit_status wait(struct tls_stream *stream, const struct patience *patience, int wanted)
{
	struct pollfd fd = {.fd = stream->tap.fd,
			    .events = wanted == MBEDTLS_ERR_SSL_WANT_WRITE ? POLLOUT : POLLIN};

	/* A peer that sends a byte now and then is ready each time. */
	if (clock_monotonic_ms() >= patience->deadline)
		return explain_timeout(stream);
	switch (patience_poll(patience, &fd, 1, CLOCK_NEVER)) {
	case PATIENCE_READY:
		break;
	case PATIENCE_CANCELLED:
		return error_set(IOTKIT_ESTATE, "connecting to %s was called off", stream->address);
	case PATIENCE_TIMEOUT:
		return explain_timeout(stream);
	}
	return IOTKIT_OK;
}

iotkit_status handshake(struct tls_stream *stream, const struct patience *patience)
{
	iotkit_status status = IOTKIT_OK;
	int rc;

	stream->tap.shaking_hands = true;
	do {
		stream->tap.reads_left = READS_AT_ONCE;
		rc = mbedtls_ssl_handshake(&stream->ssl);
		if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE)
			status = wait(stream, patience, rc);
		else if (rc != 0)
			status = explain_handshake(stream, rc);
	} while (status == IOTKIT_OK && rc != 0);
	stream->tap.shaking_hands = false;
	if (status != IOTKIT_OK)
		stream->broken = true;
	return status;
}

/* Up to TLS 1.2 the end of the handshake says it. In TLS 1.3 an alert may follow; the
 * peer's tickets or its goodbye tell that none does. */
iotkit_status handshake_verdict(struct tls_stream *stream, const struct patience *patience)
{
	iotkit_status status = IOTKIT_OK;
	unsigned char byte;
	int rc;

	if (!compat_is_1_3(&stream->ssl))
		return IOTKIT_OK;
	mbedtls_ssl_close_notify(&stream->ssl);
	do {
		stream->tap.reads_left = READS_AT_ONCE;
		rc = mbedtls_ssl_read(&stream->ssl, &byte, sizeof byte);
		if (rc == MBEDTLS_ERR_SSL_WANT_READ && !tls_stream_has_bytes(stream))
			status = wait(stream, patience, rc);
	} while (status == IOTKIT_OK && rc == MBEDTLS_ERR_SSL_WANT_READ);
	stream->broken = true;
	return rc == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE ? explain_traffic(stream, rc) : IOTKIT_OK;
}
