/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* TCP_QUICKACK */
#include "tls/link.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "tls/dial.h"
#include "tls/door.h"
#include "tls/framing.h"

enum {
	CHANNEL_SIZE = 65536,
	CONNACK_BYTE = 0x20, /* MQTT 5.0 section 3.2.1: what every broker sends first */
	NUDGE_AFTER = 65536, /* less than a socket buffers, so paho is not blocked yet */
	ROUNDS = 8 /* reads a pump, so that a busy link lets its session do other things */
};

/* Bytes on their way in one direction. */
struct channel {
	char bytes[CHANNEL_SIZE];
	size_t begin;
	size_t end;
	bool ended; /* its source has nothing more to say */
};

struct link {
	char *host;
	uint16_t port;
	int outer;
	int inner; /* -1 until paho has connected */
	int listener; /* -1 afterwards */
	uint16_t inner_port;
	bool held;
	int error; /* errno of a broken outer; what it sent before is passed on first */
	struct link_counters counters;
	struct framing passed_down; /* what paho was given so far */
	size_t unanswered; /* bytes read from paho since it was given any */
	bool owes_answer; /* to what paho said while held, be it a ping */
	struct channel up; /* paho to broker */
	struct channel down; /* broker to paho */
};

iotkit_status link_open(const struct link_target *target, const struct patience *patience,
			struct link **out)
{
	struct link *link = calloc(1, sizeof *link);

	if (link == NULL || (link->host = strdup(target->host)) == NULL) {
		free(link);
		return error_set_no_memory();
	}
	link->port = target->port;
	link->outer = link->inner = link->listener = -1;
	iotkit_status status = dial(target->host, target->port, patience, &link->outer);
	if (status == IOTKIT_OK)
		status = door_open(&link->listener, &link->inner_port);
	if (status != IOTKIT_OK) {
		link_close(link);
		return status;
	}
	*out = link;
	return IOTKIT_OK;
}

static bool is_transient(int errno_code)
{
	return errno_code == EAGAIN || errno_code == EWOULDBLOCK || errno_code == EINTR;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void empty(struct channel *channel)
{
	channel->begin = channel->end = 0;
	channel->ended = false;
}

void link_hang_up(struct link *link)
{
	close_fd(&link->outer);
	close_fd(&link->listener);
	if (link->inner >= 0)
		shutdown(link->inner, SHUT_WR);
	empty(&link->up);
	empty(&link->down);
}

bool link_is_left(struct link *link)
{
	ssize_t n;

	if (link->inner < 0)
		return false;
	do
		n = recv(link->inner, link->up.bytes, CHANNEL_SIZE, 0);
	while (n > 0);
	return n == 0 || !is_transient(errno);
}

void link_close(struct link *link)
{
	close_fd(&link->outer);
	close_fd(&link->inner);
	close_fd(&link->listener);
	free(link->host);
	free(link);
}

uint16_t link_port(const struct link *link)
{
	return link->inner_port;
}

static bool is_empty(const struct channel *channel)
{
	return channel->begin == channel->end;
}

static bool has_room(const struct channel *channel)
{
	return !channel->ended && channel->end - channel->begin < CHANNEL_SIZE;
}

static short interest(const struct channel *reads_into, const struct channel *writes_from)
{
	return (short)((has_room(reads_into) ? POLLIN : 0) | (is_empty(writes_from) ? 0 : POLLOUT));
}

/* How much may be passed on to paho: while held, what completes a packet. */
static size_t allowed_down(const struct link *link)
{
	size_t waiting = link->down.end - link->down.begin;
	size_t rest = framing_rest(&link->passed_down);

	return !link->held || waiting < rest ? waiting : rest;
}

size_t link_poll(const struct link *link, struct pollfd fds[LINK_FDS])
{
	if (link->inner < 0) {
		fds[0] = (struct pollfd){.fd = link->listener, .events = POLLIN};
	} else {
		short events = interest(&link->up, &link->down);
		if (link->error != 0)
			events = (short)(events & ~POLLIN);
		if (allowed_down(link) == 0)
			events = (short)(events & ~POLLOUT);
		fds[0] = (struct pollfd){.fd = link->inner, .events = events};
	}
	/* Before paho is there nothing may be read: there is nobody to pass it to. */
	fds[1] = (struct pollfd){.fd = link->outer, .events = interest(&link->down, &link->up)};
	/* A hang-up is always reported; without interest in it poll() would spin. */
	for (size_t i = 0; i < LINK_FDS; i++)
		if (fds[i].events == 0)
			fds[i].fd = -1;
	return LINK_FDS;
}

/* paho's thread waits for its sockets to be readable, never for them to be
 * writable. It would notice that a connection was made, or that there is room for
 * the rest of a large packet, up to a second late. So it gets something to read: a
 * PINGRESP that nobody asked for is passed over. */
static void nudge(struct link *link)
{
	static const unsigned char pingresp[] = {0xd0, 0x00};

	if (!framing_is_between(&link->passed_down))
		return; /* the rest of a packet is to come, and wakes it as well */
	if (send(link->inner, pingresp, sizeof pingresp, MSG_NOSIGNAL) == sizeof pingresp)
		link->unanswered = 0;
	link->owes_answer = false;
}

static void let_paho_in(struct link *link)
{
	link->inner = door_accept(link->listener, &link->counters.intruders);
	if (link->inner < 0)
		return;
	setsockopt(link->inner, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	nudge(link);
	close_fd(&link->listener);
}

/* Reads what fits; 0 or an errno. The number of bytes goes to moved. */
static int fill(struct channel *channel, int fd, size_t *moved)
{
	if (is_empty(channel))
		channel->begin = channel->end = 0;
	if (channel->end == CHANNEL_SIZE) {
		memmove(channel->bytes, channel->bytes + channel->begin,
			channel->end - channel->begin);
		channel->end -= channel->begin;
		channel->begin = 0;
	}
	ssize_t n = recv(fd, channel->bytes + channel->end, CHANNEL_SIZE - channel->end, 0);
	if (n < 0)
		return is_transient(errno) ? 0 : errno;
	if (n == 0)
		channel->ended = true;
	channel->end += (size_t)n;
	*moved = (size_t)n;
	return 0;
}

static int drain(struct channel *channel, size_t size, int fd, size_t *moved)
{
	ssize_t n = send(fd, channel->bytes + channel->begin, size, MSG_NOSIGNAL);

	if (n < 0)
		return is_transient(errno) ? 0 : errno;
	channel->begin += (size_t)n;
	*moved = (size_t)n;
	return 0;
}

static enum link_state lost(const struct link *link, int errno_code)
{
	error_set(IOTKIT_ENETWORK, "the connection to %s:%u was lost: %s", link->host,
		  (unsigned)link->port, strerror(errno_code));
	return LINK_FAILED;
}

/* Whoever answers a CONNECT with anything but a CONNACK is no MQTT broker;
 * paho must not see it. */
static enum link_state check_greeting(const struct link *link)
{
	const unsigned char *bytes = (const unsigned char *)link->down.bytes;
	char shown[4 * 16 + 1] = "";

	if (link->down.end == 0 || bytes[0] == CONNACK_BYTE)
		return LINK_OPEN;
	for (size_t i = 0; i < link->down.end && i < 16; i++)
		snprintf(shown + strlen(shown), sizeof shown - strlen(shown),
			 isprint(bytes[i]) ? "%c" : "\\x%02x", bytes[i]);
	error_set(
		IOTKIT_EPROTOCOL,
		"%s:%u does not speak MQTT here: it answered '%s' instead of a CONNACK; check the "
		"port (MQTT is 1883, or 8883 with TLS)",
		link->host, (unsigned)link->port, shown);
	return LINK_FAILED;
}

static void pump_up(struct link *link, size_t *moved)
{
	size_t n = 0;

	/* An inner socket that breaks is paho giving up, which is its good right. */
	if (link->inner >= 0 && link->error == 0 && has_room(&link->up)) {
		if (fill(&link->up, link->inner, &n) != 0)
			link->up.ended = true;
		*moved += n;
		link->unanswered += n;
		link->owes_answer = link->owes_answer || (link->held && n > 0);
		if (n == 0 && !link->up.ended && link->unanswered >= NUDGE_AFTER)
			nudge(link);
#ifdef TCP_QUICKACK
		/* paho leaves Nagle on: its next write waits for this ack. */
		setsockopt(link->inner, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
#endif
	}
	if (!is_empty(&link->up)) {
		n = 0;
		link->error = drain(&link->up, link->up.end - link->up.begin, link->outer, &n);
		*moved += n;
		link->counters.sent += n;
	}
	if (link->error != 0)
		link->up.begin = link->up.end = 0;
}

static enum link_state pump_down(struct link *link, size_t *moved)
{
	bool first = link->counters.received == 0;

	if (has_room(&link->down)) {
		size_t n = 0;
		int error = fill(&link->down, link->outer, &n);
		if (error != 0) {
			link->error = error;
			link->down.ended = true;
		}
		*moved += n;
		link->counters.received += n;
	}
	if (first && check_greeting(link) == LINK_FAILED)
		return LINK_FAILED;
	if (link->inner >= 0 && allowed_down(link) > 0) {
		size_t n = 0;
		const char *bytes = link->down.bytes + link->down.begin;
		if (drain(&link->down, allowed_down(link), link->inner, &n) != 0) {
			link->up.ended = true;
			n = link->down.end - link->down.begin;
			link->down.begin = link->down.end;
		}
		framing_pass(&link->passed_down, bytes, n);
		link->unanswered = n > 0 ? 0 : link->unanswered;
		*moved += n;
	}
	return LINK_OPEN;
}

enum link_state link_pump(struct link *link)
{
	size_t moved = 1;

	if (link->inner < 0)
		let_paho_in(link);
	for (int round = 0; round < ROUNDS && moved > 0; round++) {
		moved = 0;
		pump_up(link, &moved);
		if (pump_down(link, &moved) == LINK_FAILED)
			return LINK_FAILED;
	}
	/* A ping's answer is held with the rest, and paho would hang up. */
	if (link->held && link->owes_answer && !link->up.ended)
		nudge(link);
	bool client_gone = link->up.ended && is_empty(&link->up);
	bool broker_gone = link->down.ended && is_empty(&link->down);
	if (link->error != 0 && (client_gone || broker_gone))
		return lost(link, link->error);
	if (client_gone)
		return LINK_CLIENT_GONE;
	return broker_gone ? LINK_BROKER_GONE : LINK_OPEN;
}

void link_hold(struct link *link, bool held)
{
	link->held = held;
}

void link_count(const struct link *link, struct link_counters *sum)
{
	sum->sent += link->counters.sent;
	sum->received += link->counters.received;
	sum->intruders += link->counters.intruders;
}
