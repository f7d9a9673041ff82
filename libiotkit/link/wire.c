/* SPDX-License-Identifier: MIT */
#include "link/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t note(ssize_t n, uint64_t *counter)
{
	if (n > 0)
		*counter += (uint64_t)n;
	if (n < 0 && (errno == EWOULDBLOCK || errno == EINTR))
		errno = EAGAIN;
	return n;
}

ssize_t wire_read(struct wire *wire, void *bytes, size_t size)
{
	if (wire->tls != NULL)
		return tls_stream_read(wire->tls, bytes, size);
	return note(recv(wire->fd, bytes, size, 0), &wire->received);
}

ssize_t wire_write(struct wire *wire, const void *bytes, size_t size)
{
	if (wire->tls != NULL)
		return tls_stream_write(wire->tls, bytes, size);
	return note(send(wire->fd, bytes, size, MSG_NOSIGNAL), &wire->sent);
}

bool wire_has_bytes(const struct wire *wire)
{
	return wire->tls != NULL && tls_stream_has_bytes(wire->tls);
}

void wire_count(const struct wire *wire, uint64_t *sent, uint64_t *received)
{
	*sent += wire->sent;
	*received += wire->received;
	if (wire->tls != NULL)
		tls_stream_count(wire->tls, sent, received);
}

void wire_close(struct wire *wire)
{
	uint64_t sent = 0, received = 0;

	wire_count(wire, &sent, &received);
	tls_stream_close(wire->tls);
	if (wire->fd >= 0)
		close(wire->fd);
	*wire = (struct wire){.fd = -1, .sent = sent, .received = received};
}
