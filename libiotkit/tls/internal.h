/* SPDX-License-Identifier: MIT
 *
 * What the files that make one TLS connection share.
 */
#ifndef IOTKIT_TLS_INTERNAL_H
#define IOTKIT_TLS_INTERNAL_H

#include <mbedtls/ssl.h>

#include "tls/credentials.h"
#include "tls/keylog.h"
#include "tls/tls.h"
#include "tls/verification.h"

enum {
	ALPN_MAX = 8,
	ALPN_TEXT_SIZE = 256,
	ADDRESS_SIZE = 280,
	FIRST_BYTES = 32,
	READ_AHEAD = 16384,
	READS_AT_ONCE = 4
};

struct tls {
	const struct tls_settings *settings;
	struct tls_sink sink;
	struct tls_counters counters;
	bool failed_for_good;

	/* The session to resume, and with whom. */
	mbedtls_ssl_session session;
	mbedtls_x509_crt session_peer; /* the chain that it presented */
	bool has_session;
	char session_address[ADDRESS_SIZE];
	unsigned char session_own[SHA256_SIZE]; /* of our certificate then; else zero */
};

/* What went over the socket, seen from below TLS. */
struct wiretap {
	int fd;
	int error; /* errno of the last failure; 0 */
	bool shaking_hands;
	unsigned reads_left; /* until mbedTLS is to come up for air */
	uint64_t sent;
	uint64_t received;
	unsigned char first[FIRST_BYTES]; /* the first bytes received */
	/* mbedTLS asks for each record's header and body alone; most are small. */
	unsigned char ahead[READ_AHEAD];
	size_t ahead_begin;
	size_t ahead_end;
};

struct tls_stream {
	struct tls *tls;
	struct wiretap tap;
	char host[256];
	char address[ADDRESS_SIZE]; /* "host:port" */
	struct credentials credentials;
	struct verification verification;
	struct keylog keylog;
	char alpn_text[ALPN_TEXT_SIZE];
	const char *alpn[ALPN_MAX + 1];
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	size_t owed; /* bytes of a write that is to be repeated */
	bool resumed;
	bool broken; /* nothing may be written any more */
};

/* Tells the user, with printf's format. */
void tls_warn(const struct tls *tls, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the files and sets everything up; with the wish to examine the peer
 * whatever it is like. */
iotkit_status stream_prepare(struct tls *tls, const struct tls_peer *peer, struct buffer *chain,
			     struct tls_stream **out);

/* The versions of TLS that it can agree to, in words. */
const char *stream_versions(const struct tls_stream *stream);

/* Shakes hands; on failure the last error says why. */
iotkit_status handshake(struct tls_stream *stream, const struct patience *patience);

/* Takes leave of a peer, and hears whether it accepted us. */
iotkit_status handshake_verdict(struct tls_stream *stream, const struct patience *patience);

/* Why the handshake, or a read or write after it, failed with mbedTLS's code. */
iotkit_status explain_handshake(struct tls_stream *stream, int code);
iotkit_status explain_timeout(struct tls_stream *stream);
iotkit_status explain_traffic(struct tls_stream *stream, int code);

/* Offers the kept session if the peer is the same and its certificate still
 * good; keeps the present one. */
void resumption_offer(struct tls_stream *stream);
void resumption_keep(struct tls_stream *stream);

#endif
