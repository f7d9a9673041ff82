/* SPDX-License-Identifier: MIT
 *
 * A connected socket, with or without TLS on it.
 */
#ifndef IOTKIT_LINK_WIRE_H
#define IOTKIT_LINK_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "packet/tap.h"
#include "tls/tls.h"

struct wire {
	int fd; /* -1: closed */
	struct tls_stream *tls; /* NULL: without */
	struct tap *tap; /* where what passes is seen; NULL: nowhere */
	uint64_t sent; /* without TLS, which counts by itself */
	uint64_t received;
};

/* As recv() and send(), with an errno of EAGAIN for EINTR too. Of a failure with
 * TLS on it, the sentence is this thread's last error. */
ssize_t wire_read(struct wire *wire, void *bytes, size_t size);
ssize_t wire_write(struct wire *wire, const void *bytes, size_t size);

/* Bytes wait to be read that poll() does not tell of. */
bool wire_has_bytes(const struct wire *wire);

/* Adds the bytes that went over the wire. */
void wire_count(const struct wire *wire, uint64_t *sent, uint64_t *received);

/* Whether the peer is on this machine. */
bool wire_is_local(const struct wire *wire);

/* Ends the tap, too. */
void wire_close(struct wire *wire);

#endif
