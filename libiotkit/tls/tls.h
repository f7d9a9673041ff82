/* SPDX-License-Identifier: MIT
 *
 * TLS over a socket that is connected already. What one connection leaves to the
 * next (the session to resume) lives in a struct tls.
 */
#ifndef IOTKIT_TLS_TLS_H
#define IOTKIT_TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/patience.h"
#include "iotkit.h"
#include "tls/settings.h"

struct tls_sink {
	void *context;
	/* Something that the user should know; called on the thread that connects. */
	void (*warn)(void *context, const char *text);
};

struct tls_counters {
	uint64_t handshakes;
	uint64_t resumed; /* of them */
	uint64_t handshake_bytes; /* both ways */
	uint64_t handshake_us;
};

struct tls;

/* The settings are borrowed until tls_close(). */
iotkit_status tls_open(const struct tls_settings *settings, const struct tls_sink *sink,
		       struct tls **out);
void tls_close(struct tls *tls); /* NULL is fine */
void tls_count(const struct tls *tls, struct tls_counters *out);

/* Whether the last failure is one that neither time nor another attempt mends. */
bool tls_failed_for_good(const struct tls *tls);

/* As "mbedTLS 2.28.3". */
void tls_describe_library(char *text, size_t size);

struct tls_peer {
	const char *host;
	uint16_t port;
};

struct tls_stream;

/* Reads the files anew. What is wrong with them is told before anybody is asked. */
iotkit_status tls_stream_prepare(struct tls *tls, const struct tls_peer *peer,
				 struct tls_stream **out);

/* Shakes hands over a connected, non-blocking socket, which stays the caller's. */
iotkit_status tls_stream_connect(struct tls_stream *stream, int fd,
				 const struct patience *patience);

/* Says close_notify as far as that goes without waiting. */
void tls_stream_close(struct tls_stream *stream); /* NULL is fine */

/* As recv() and send(): how many bytes, 0 when the peer has ended its side, or -1
 * with errno EAGAIN, or another errno with the sentence as this thread's last error.
 * After EAGAIN the next write begins with the same bytes, and at least as many. */
ssize_t tls_stream_read(struct tls_stream *stream, void *bytes, size_t size);
ssize_t tls_stream_write(struct tls_stream *stream, const void *bytes, size_t size);

/* Bytes wait to be read that the socket does not tell of. */
bool tls_stream_has_bytes(const struct tls_stream *stream);

/* Adds the bytes that went over the wire. */
void tls_stream_count(const struct tls_stream *stream, uint64_t *sent, uint64_t *received);

/* "TLSv1.2, TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384, session resumed" */
enum { TLS_STREAM_TEXT_SIZE = 128 };
void tls_stream_describe(const struct tls_stream *stream, char text[TLS_STREAM_TEXT_SIZE]);

/* Shakes hands whatever the certificates are like, and appends to the report who
 * the peer is and what was agreed on, as far as it got. Returns the verdict. */
iotkit_status tls_examine(struct tls *tls, const struct tls_peer *peer, int fd,
			  const struct patience *patience, struct buffer *report);

#endif
