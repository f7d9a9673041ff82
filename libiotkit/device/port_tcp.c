/* SPDX-License-Identifier: MIT */
#include "device/port_tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/lookup.h"

enum {
	LOOKUP_MS = 15000,
	CONNECT_MS = 5000, /* to each address */
	/* A board that lost its power says nothing more, and neither does its TCP: so much
	 * silence, then so many questions. */
	QUIET_S = 10,
	ASK_EVERY_S = 5,
	ASK_TIMES = 3,
	UNANSWERED_MS = (QUIET_S + ASK_TIMES * ASK_EVERY_S) * 1000
};

struct port_dial {
	const char *name; /* the settings' path, which is for a person */
	struct lookup *lookup; /* NULL once it is done */
	struct address addresses[LOOKUP_MAX];
	size_t count;
	size_t next; /* the address to try after this one */
	int fd; /* -1 when none is tried */
	int64_t due_ms;
};

iotkit_status port_dial_start(const struct port_settings *settings, int64_t now_ms,
			      struct port_dial **out)
{
	struct port_dial *dial = calloc(1, sizeof *dial);

	if (dial == NULL)
		return error_set_no_memory();
	dial->name = settings->path;
	dial->fd = -1;
	dial->due_ms = now_ms + LOOKUP_MS;
	iotkit_status status = lookup_start(settings->host, settings->tcp_port, &dial->lookup);
	if (status != IOTKIT_OK) {
		free(dial);
		return status;
	}
	*out = dial;
	return IOTKIT_OK;
}

void port_dial_end(struct port_dial *dial)
{
	if (dial == NULL)
		return;
	lookup_leave(dial->lookup);
	if (dial->fd >= 0)
		close(dial->fd);
	free(dial);
}

struct pollfd port_dial_wait(const struct port_dial *dial)
{
	if (dial->lookup != NULL)
		return (struct pollfd){.fd = lookup_fd(dial->lookup), .events = POLLIN};
	return (struct pollfd){.fd = dial->fd, .events = POLLOUT};
}

int64_t port_dial_due(const struct port_dial *dial)
{
	return dial->due_ms;
}

/* ---- Connecting --------------------------------------------------------- */

static iotkit_status explain(const struct port_dial *dial, int why)
{
	switch (why) {
	case ECONNREFUSED:
		return error_set(IOTKIT_ENETWORK,
				 "%s refuses connections: nothing listens there; start ser2net or "
				 "ESP-link, or correct the port's number",
				 dial->name);
	case ENETUNREACH:
	case EHOSTUNREACH:
		return error_set(
			IOTKIT_ENETWORK,
			"there is no route to %s; check this machine's network, the address, "
			"and that the board is switched on",
			dial->name);
	case ETIMEDOUT:
		return error_set(
			IOTKIT_ETIMEOUT,
			"%s does not answer: it is switched off, the address is another's, "
			"or a firewall drops what is sent to it",
			dial->name);
	default:
		return error_set(IOTKIT_ENETWORK, "cannot connect to %s: %s; check the network",
				 dial->name, strerror(why));
	}
}

/* What fails here is left as it is: the connection works without. */
static void prepare(int fd)
{
	static const struct {
		int level;
		int name;
		int value;
	} options[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, QUIET_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, ASK_EVERY_S},
		{IPPROTO_TCP, TCP_KEEPCNT, ASK_TIMES},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, UNANSWERED_MS}, /* the same for what we send */
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			   sizeof options[i].value);
}

/* Begins with the next address that can be begun with. why: of the one before. */
static iotkit_status try_next(struct port_dial *dial, int64_t now_ms, int why)
{
	while (dial->next < dial->count) {
		const struct address *address = &dial->addresses[dial->next++];
		const struct sockaddr *to = (const struct sockaddr *)&address->socket_address;
		if (dial->fd >= 0)
			close(dial->fd);
		dial->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		dial->due_ms = now_ms + CONNECT_MS;
		if (dial->fd >= 0)
			prepare(dial->fd);
		if (dial->fd >= 0 &&
		    (connect(dial->fd, to, address->size) == 0 || errno == EINPROGRESS))
			return IOTKIT_OK;
		why = errno;
	}
	return explain(dial, why);
}

static iotkit_status step_lookup(struct port_dial *dial, int64_t now_ms, bool ready)
{
	if (!ready)
		return now_ms < dial->due_ms
			       ? IOTKIT_OK
			       : error_set(
					 IOTKIT_ETIMEOUT,
					 "looking up the host of %s took too long; check the name "
					 "servers of this machine, or give the IP address",
					 dial->name);
	iotkit_status status = lookup_take(dial->lookup, "its", dial->addresses, &dial->count);
	lookup_leave(dial->lookup);
	dial->lookup = NULL;
	return status == IOTKIT_OK ? try_next(dial, now_ms, EHOSTUNREACH) : status;
}

iotkit_status port_dial_step(struct port_dial *dial, int64_t now_ms, int *fd_out)
{
	struct pollfd look = port_dial_wait(dial);
	bool ready = poll(&look, 1, 0) > 0;
	int why = 0;
	socklen_t size = sizeof why;

	*fd_out = -1;
	if (dial->lookup != NULL)
		return step_lookup(dial, now_ms, ready);
	if (!ready)
		return now_ms < dial->due_ms ? IOTKIT_OK : try_next(dial, now_ms, ETIMEDOUT);
	getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &why, &size);
	if (why != 0)
		return try_next(dial, now_ms, why);
	*fd_out = dial->fd;
	dial->fd = -1;
	return IOTKIT_OK;
}
