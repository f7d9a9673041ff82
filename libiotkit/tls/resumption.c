/* SPDX-License-Identifier: MIT
 *
 * Resuming the last session: no certificates are sent then, so the kept one is
 * judged anew before, by what the files and the clock say now.
 * Sources: RFC 5077; RFC 8446 section 2.2.
 */
#include <mbedtls/md.h>
#include <string.h>

#include "tls/internal.h"
#include "tls/x509/compat.h"

enum { CHAIN_MAX = 10 };

static void forget_session(struct tls *tls)
{
	mbedtls_ssl_session_free(&tls->session);
	mbedtls_ssl_session_init(&tls->session);
	tls->has_session = false;
}

/* A session has only the first certificate; to judge that, the others are needed. */
static void keep_peer(struct tls_stream *stream)
{
	struct tls *tls = stream->tls;
	const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&stream->ssl);

	mbedtls_x509_crt_free(&tls->session_peer);
	mbedtls_x509_crt_init(&tls->session_peer);
	for (int i = 0; peer != NULL && i < CHAIN_MAX; i++, peer = peer->next)
		mbedtls_x509_crt_parse_der(&tls->session_peer, peer->raw.p, peer->raw.len);
}

/* The broker takes a session resumed for who began it, so a new certificate of ours
 * begins a new one. */
static void hash_own(const struct tls_stream *stream, unsigned char hash[SHA256_SIZE])
{
	const struct credentials *credentials = &stream->credentials;

	memset(hash, 0, SHA256_SIZE);
	if (credentials->has_own)
		mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), credentials->own.raw.p,
			   credentials->own.raw.len, hash);
}

static bool is_same(const struct tls_stream *stream)
{
	const struct tls *tls = stream->tls;
	unsigned char own[SHA256_SIZE];

	hash_own(stream, own);
	return strcmp(tls->session_address, stream->address) == 0 &&
	       memcmp(tls->session_own, own, sizeof own) == 0;
}

void resumption_offer(struct tls_stream *stream)
{
	struct tls *tls = stream->tls;

	if (!tls->has_session || !is_same(stream))
		return;
	if (tls->session_peer.raw.p == NULL ||
	    !verification_passes(&stream->verification, &tls->session_peer) ||
	    mbedtls_ssl_set_session(&stream->ssl, &tls->session) != 0)
		forget_session(tls);
	stream->verification.seen = false;
}

void resumption_keep(struct tls_stream *stream)
{
	struct tls *tls = stream->tls;

	if (!tls->settings->resume || stream->credentials.psk != NULL)
		return;
	forget_session(tls);
	tls->has_session = mbedtls_ssl_get_session(&stream->ssl, &tls->session) == 0;
	strcpy(tls->session_address, stream->address);
	hash_own(stream, tls->session_own);
	if (!stream->resumed)
		keep_peer(stream);
}
