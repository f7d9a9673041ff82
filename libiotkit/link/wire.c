/* SPDX-License-Identifier: MIT */
#include "link/wire.h"

#include <errno.h>
#include <netinet/in.h>
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

static ssize_t read_bytes(struct wire *wire, void *bytes, size_t size)
{
	if (wire->tls != NULL)
		return tls_stream_read(wire->tls, bytes, size);
	return note(recv(wire->fd, bytes, size, 0), &wire->received);
}

static ssize_t write_bytes(struct wire *wire, const void *bytes, size_t size)
{
	if (wire->tls != NULL)
		return tls_stream_write(wire->tls, bytes, size);
	return note(send(wire->fd, bytes, size, MSG_NOSIGNAL), &wire->sent);
}

ssize_t wire_read(struct wire *wire, void *bytes, size_t size)
{
	ssize_t n = read_bytes(wire, bytes, size);

	if (wire->tap == NULL)
		return n;
	if (n > 0)
		tap_received(wire->tap, bytes, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		tap_note_end(wire->tap);
	return n;
}

ssize_t wire_write(struct wire *wire, const void *bytes, size_t size)
{
	ssize_t n = write_bytes(wire, bytes, size);

	if (wire->tap != NULL && n > 0)
		tap_sent(wire->tap, bytes, (size_t)n);
	return n;
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

bool wire_is_local(const struct wire *wire)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} peer = {.v6 = {0}};
	socklen_t size = sizeof peer;

	if (getpeername(wire->fd, &peer.any, &size) != 0)
		return false;
	if (peer.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&peer.v6.sin6_addr);
	return ntohl(peer.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

void wire_close(struct wire *wire)
{
	uint64_t sent = 0, received = 0;

	if (wire->tap != NULL)
		tap_end(wire->tap);
	wire_count(wire, &sent, &received);
	tls_stream_close(wire->tls);
	if (wire->fd >= 0)
		close(wire->fd);
	*wire = (struct wire){.fd = -1, .sent = sent, .received = received};
}
