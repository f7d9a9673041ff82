/* SPDX-License-Identifier: MIT
 *
 * Resuming the last session: no certificates are sent then, so the kept one is
 * judged anew before, by what the files and the clock say now.
 * Sources: RFC 5077; RFC 8446 section 2.2.
 */
#include <string.h>

#include "tls/internal.h"
#include "x509/compat.h"

void resumption_forget(struct tls *tls)
{
	if (tls->has_session)
		mbedtls_ssl_session_free(&tls->session);
	mbedtls_ssl_session_init(&tls->session);
	tls->has_session = false;
}

void resumption_offer(struct tls_stream *stream)
{
	struct tls *tls = stream->tls;
	mbedtls_x509_crt *peer = compat_session_peer(&tls->session);

	if (!tls->has_session || strcmp(tls->session_address, stream->address) != 0)
		return;
	if (peer == NULL || !verification_passes(&stream->verification, peer) ||
	    mbedtls_ssl_set_session(&stream->ssl, &tls->session) != 0)
		resumption_forget(tls);
	stream->verification.seen = false;
}

void resumption_keep(struct tls_stream *stream)
{
	struct tls *tls = stream->tls;

	if (!tls->settings->resume || stream->credentials.psk != NULL)
		return;
	resumption_forget(tls);
	tls->has_session = mbedtls_ssl_get_session(&stream->ssl, &tls->session) == 0;
	strcpy(tls->session_address, stream->address);
}
