/* SPDX-License-Identifier: MIT */
#include "link/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "link/resolve.h"

enum { STAGGER_MS = 250 }; /* RFC 8305 section 8: connection attempt delay */

struct dialling {
	const char *host;
	uint16_t port;
	struct address addresses[LOOKUP_MAX];
	struct pollfd sockets[LOOKUP_MAX]; /* fd -1: not started, or failed */
	size_t count;
	size_t started;
	int last_errno;
	char last_address[ADDRESS_TEXT_SIZE]; /* the one that last_errno is about */
};

static void note_failure(struct dialling *d, size_t i, int errno_code)
{
	if (d->sockets[i].fd >= 0)
		close(d->sockets[i].fd);
	d->sockets[i].fd = -1;
	d->last_errno = errno_code;
	address_text(&d->addresses[i], d->last_address);
}

static void start_next(struct dialling *d)
{
	size_t i = d->started++;
	const struct sockaddr *to = (const struct sockaddr *)&d->addresses[i].socket_address;
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	d->sockets[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
	if (fd < 0 || (connect(fd, to, d->addresses[i].size) != 0 && errno != EINPROGRESS))
		note_failure(d, i, errno);
}

/* The socket that is connected; -1 while there is none. */
static int look(struct dialling *d)
{
	for (size_t i = 0; i < d->started; i++) {
		int error = 0;
		socklen_t size = sizeof error;
		if (d->sockets[i].fd < 0 || d->sockets[i].revents == 0)
			continue;
		getsockopt(d->sockets[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error != 0) {
			note_failure(d, i, error);
			continue;
		}
		int fd = d->sockets[i].fd;
		d->sockets[i].fd = -1;
		return fd;
	}
	return -1;
}

static bool any_under_way(const struct dialling *d)
{
	for (size_t i = 0; i < d->started; i++)
		if (d->sockets[i].fd >= 0)
			return true;
	return false;
}

static iotkit_status explain_failure(const struct dialling *d)
{
	char target[ADDRESS_TEXT_SIZE * 5], address[ADDRESS_TEXT_SIZE + 4] = "";
	const char *mend = "check the network";

	if (d->last_errno == ECONNREFUSED)
		mend = "nothing listens on this port: start the broker, or correct the port (MQTT "
		       "is "
		       "1883, or 8883 with TLS)";
	else if (d->last_errno == ENETUNREACH || d->last_errno == EHOSTUNREACH)
		mend = "there is no route to this address; check the network and the address";
	else if (d->last_errno == EMFILE || d->last_errno == ENFILE)
		mend = "this process has too many open files; raise 'ulimit -n'";
	snprintf(target, sizeof target, "%s:%u", d->host, (unsigned)d->port);
	if (strcmp(target, d->last_address) != 0)
		snprintf(address, sizeof address, " (%s)", d->last_address);
	return error_set(IOTKIT_ENETWORK, "cannot connect to %s%s: %s; %s", target, address,
			 strerror(d->last_errno), mend);
}

static iotkit_status explain_end(const struct dialling *d, enum patience_end end)
{
	if (end == PATIENCE_CANCELLED)
		return error_set(IOTKIT_ESTATE, "connecting to %s:%u was called off", d->host,
				 (unsigned)d->port);
	return error_set(
		IOTKIT_ETIMEOUT,
		"connecting to %s:%u timed out in the TCP handshake: the host is down, or a "
		"firewall drops packets to this port; connect.timeout_ms sets the time",
		d->host, (unsigned)d->port);
}

static iotkit_status race(struct dialling *d, const struct patience *patience, int *fd_out)
{
	int64_t next_start = 0;

	for (;;) {
		int64_t now = clock_monotonic_ms();
		while (d->started < d->count && (now >= next_start || !any_under_way(d))) {
			start_next(d);
			next_start = now + STAGGER_MS;
		}
		if (!any_under_way(d) && d->started == d->count)
			return explain_failure(d);
		enum patience_end end =
			patience_poll(patience, d->sockets, d->started,
				      d->started < d->count ? next_start : CLOCK_NEVER);
		if (end != PATIENCE_READY)
			return explain_end(d, end);
		*fd_out = look(d);
		if (*fd_out >= 0)
			return IOTKIT_OK;
	}
}

iotkit_status dial(const char *host, uint16_t port, const struct patience *patience, int *fd_out)
{
	struct dialling d = {.host = host, .port = port};
	iotkit_status status = resolve(host, port, patience, d.addresses, &d.count);

	if (status != IOTKIT_OK)
		return status;
	status = race(&d, patience, fd_out);
	for (size_t i = 0; i < d.started; i++)
		if (d.sockets[i].fd >= 0)
			close(d.sockets[i].fd);
	if (status == IOTKIT_OK)
		setsockopt(*fd_out, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return status;
}
