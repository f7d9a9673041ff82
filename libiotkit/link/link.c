/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* TCP_QUICKACK */
#include "link/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "link/channel.h"
#include "link/dial.h"
#include "link/door.h"
#include "link/gate.h"
#include "link/greeting.h"
#include "link/login.h"
#include "link/nudge.h"
#include "link/refusals.h"
#include "link/wire.h"
#include "packet/framing.h"

enum {
	BURST_SIZE = 16384, /* as much as a TLS record holds */
	ROUNDS = 8 /* reads a pump, so that a busy link lets its session do other things */
};

struct link {
	char *host;
	uint16_t port;
	struct wire outer;
	struct wire inner; /* closed until paho has connected */
	int listener; /* -1 afterwards */
	uint16_t inner_port;
	bool held;
	bool greeted; /* by the broker's first bytes */
	struct reason broken; /* outer; what it sent before is passed on first */
	uint64_t intruders;
	struct login login;
	struct nudge nudge;
	struct gate gate; /* of the channel up */
	struct channel up; /* paho to broker */
	struct channel down; /* broker to paho */
	struct refusals refusals; /* in the latter */
	struct tap tap; /* of the outer wire */
};

static iotkit_status connect_outer(struct link *link, const struct link_target *target,
				   const struct patience *patience)
{
	const struct tls_peer peer = {.host = target->host, .port = target->port};
	iotkit_status status = IOTKIT_OK;

	if (target->tls != NULL)
		status = tls_stream_prepare(target->tls, &peer, &link->outer.tls);
	if (status == IOTKIT_OK)
		status = dial(target->host, target->port, patience, &link->outer.fd);
	if (status == IOTKIT_OK && target->tls != NULL)
		status = tls_stream_connect(link->outer.tls, link->outer.fd, patience);
	return status;
}

static void begin_to_look(struct link *link, const struct tap_viewer *viewer)
{
	char how[TLS_STREAM_TEXT_SIZE], comment[PCAP_COMMENT_MAX];

	if (viewer->packet == NULL && viewer->capture == NULL)
		return;
	link_describe(link, how);
	snprintf(comment, sizeof comment, "%s:%u%s%s", link->host, (unsigned)link->port,
		 how[0] != '\0' ? " over " : "", how);
	tap_begin(&link->tap, viewer, link->outer.fd, comment);
	link->outer.tap = &link->tap;
}

iotkit_status link_open(const struct link_target *target, const struct patience *patience,
			struct link **out)
{
	struct link *link = secret_alloc(sizeof *link);

	if (link == NULL || (link->host = strdup(target->host)) == NULL) {
		secret_free(link);
		secret_free(target->password);
		return error_set_no_memory();
	}
	link->port = target->port;
	link->outer.fd = link->inner.fd = link->listener = -1;
	login_begin(&link->login, target->password);
	gate_begin(&link->gate, target->gate);
	if (target->gate != NULL)
		link->refusals.sink = (struct refusals_sink){.context = target->gate->context,
							     .refused = target->gate->refused};
	iotkit_status status = connect_outer(link, target, patience);
	if (status == IOTKIT_OK)
		status = door_open(&link->listener, &link->inner_port);
	if (status != IOTKIT_OK) {
		link_close(link);
		return status;
	}
	if (target->viewer != NULL)
		begin_to_look(link, target->viewer);
	*out = link;
	return IOTKIT_OK;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void link_hang_up(struct link *link)
{
	wire_close(&link->outer);
	close_fd(&link->listener);
	if (link->inner.fd >= 0)
		shutdown(link->inner.fd, SHUT_WR);
	login_end(&link->login);
	gate_clear(&link->gate);
	channel_clear(&link->up);
	channel_clear(&link->down);
}

bool link_is_left(struct link *link)
{
	ssize_t n;

	if (link->inner.fd < 0)
		return false;
	do
		n = wire_read(&link->inner, link->up.bytes, CHANNEL_SIZE);
	while (n > 0);
	return n == 0 || errno != EAGAIN;
}

void link_close(struct link *link)
{
	wire_close(&link->outer);
	wire_close(&link->inner);
	close_fd(&link->listener);
	login_end(&link->login);
	gate_clear(&link->gate);
	free(link->host);
	secret_free(link);
}

uint16_t link_port(const struct link *link)
{
	return link->inner_port;
}

static bool is_broken(const struct link *link)
{
	return link->broken.status != IOTKIT_OK;
}

/* Whether more of paho's bytes are wanted, and whether some may go out. */
static bool wants_up(const struct link *link)
{
	if (login_is_pending(&link->login))
		return link->login.packet == NULL && !link->up.ended;
	return channel_has_room(&link->up);
}

static bool has_up(const struct link *link)
{
	return login_is_pending(&link->login) ? link->login.packet != NULL : link->gate.allowed > 0;
}

static short interest(bool reads, bool writes)
{
	return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

/* How much may be passed on to paho: while held, what completes a packet. */
static size_t allowed_down(const struct link *link)
{
	size_t waiting = link->down.end - link->down.begin;
	size_t rest = framing_rest(&link->nudge.given);

	return !link->held || waiting < rest ? waiting : rest;
}

size_t link_poll(const struct link *link, struct pollfd fds[LINK_FDS])
{
	if (link->inner.fd < 0)
		fds[0] = (struct pollfd){.fd = link->listener, .events = POLLIN};
	else
		fds[0] = (struct pollfd){.fd = link->inner.fd,
					 .events = interest(!is_broken(link) && wants_up(link),
							    allowed_down(link) > 0)};
	fds[1] = (struct pollfd){.fd = link->outer.fd,
				 .events = interest(channel_has_room(&link->down), has_up(link))};
	/* A hang-up is always reported; without interest in it poll() would spin. */
	for (size_t i = 0; i < LINK_FDS; i++)
		if (fds[i].events == 0)
			fds[i].fd = -1;
	return LINK_FDS;
}

int64_t link_due(const struct link *link)
{
	if (channel_has_room(&link->down) && wire_has_bytes(&link->outer))
		return 0;
	if (gate_is_due(&link->gate, &link->up))
		return 0;
	return link->inner.fd >= 0 ? nudge_due(&link->nudge) : CLOCK_NEVER;
}

static iotkit_status let_paho_in(struct link *link)
{
	iotkit_status status = door_accept(link->listener, &link->inner.fd, &link->intruders);

	if (status != IOTKIT_OK || link->inner.fd < 0)
		return status;
	setsockopt(link->inner.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	close_fd(&link->listener);
	return IOTKIT_OK;
}

/* Keeps why the outer wire broke, for when all it sent has been passed on. What a
 * read says, as a last alert, replaces what a write said before. */
static void note_broken(struct link *link)
{
	if (link->outer.tls == NULL)
		error_set(IOTKIT_ENETWORK, "the connection to %s:%u was lost: %s", link->host,
			  (unsigned)link->port, strerror(errno));
	reason_capture(&link->broken);
}

static bool is_greeting_wrong(struct link *link)
{
	const struct greeting greeting = {.host = link->host,
					  .port = link->port,
					  .with_tls = link->outer.tls != NULL,
					  .bytes = link->down.bytes,
					  .size = link->down.end};

	if (link->greeted || greeting.size == 0)
		return false;
	link->greeted = true;
	return greeting_check(&greeting) != IOTKIT_OK;
}

/* paho and Mosquitto leave Nagle on: their next small write waits for this ack, which
 * the kernel would otherwise delay by 40 ms. */
static void quick_ack(const struct wire *wire)
{
#ifdef TCP_QUICKACK
	setsockopt(wire->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
#else
	(void)wire;
#endif
}

static void read_up(struct link *link, size_t *moved)
{
	size_t n = 0, before;

	/* Many small messages go out together, in one record. An inner socket that breaks
	 * is paho giving up, which is its good right. */
	do {
		before = n;
		if (!channel_fill(&link->up, &link->inner, &n))
			link->up.ended = true;
		if (n > before)
			quick_ack(&link->inner);
	} while (n > before && n < BURST_SIZE && channel_has_room(&link->up));
	*moved += n;
	nudge_note_read(&link->nudge, n, link->held);
	if (n == 0 && !link->up.ended)
		nudge_on(&link->nudge, link->inner.fd);
}

/* CONNECT goes first, by way of the login, and not through the gate: nothing stored
 * bears on it, and paho says nothing more before it is answered. */
static void pump_login(struct link *link, size_t *moved)
{
	struct login *login = &link->login;
	struct channel *up = &link->up;

	if (login->packet == NULL) {
		if (login_take(login, up->bytes + up->begin, up->end - up->begin) != IOTKIT_OK)
			reason_capture(&link->broken);
		up->begin = up->end = 0;
	}
	if (login->packet == NULL)
		return;
	ssize_t n =
		wire_write(&link->outer, login->packet + login->sent, login->size - login->sent);
	if (n < 0 && errno != EAGAIN)
		note_broken(link);
	if (n <= 0)
		return;
	login->sent += (size_t)n;
	*moved += (size_t)n;
	if (login->sent == login->size)
		login_end(login);
}

static void send_up(struct link *link, size_t *moved)
{
	size_t n = 0;

	if (gate_admit(&link->gate, &link->up) != IOTKIT_OK) {
		reason_capture(&link->broken);
		return;
	}
	if (link->gate.allowed > 0 &&
	    !channel_drain(&link->up, link->gate.allowed, &link->outer, &n))
		note_broken(link);
	gate_note_gone(&link->gate, n);
	*moved += n;
}

static void pump_up(struct link *link, size_t *moved)
{
	if (link->inner.fd >= 0 && !is_broken(link) && wants_up(link))
		read_up(link, moved);
	if (!is_broken(link) && login_is_pending(&link->login))
		pump_login(link, moved);
	else if (!is_broken(link))
		send_up(link, moved);
	if (is_broken(link)) {
		link->up.begin = link->up.end = 0;
		gate_clear(&link->gate);
	}
}

/* TLS gives one record at a time. Many small ones, as acknowledgements are, go on
 * to paho together, which wakes it once. */
static void read_down(struct link *link, size_t *moved)
{
	size_t began = *moved, before;

	do {
		before = *moved;
		if (!channel_fill(&link->down, &link->outer, moved)) {
			note_broken(link);
			link->down.ended = true;
		}
		size_t n = *moved - before;
		refusals_scan(&link->refusals, link->down.bytes + link->down.end - n, n);
	} while (*moved > before && channel_has_room(&link->down) && wire_has_bytes(&link->outer));
	if (*moved > began)
		quick_ack(&link->outer);
}

static enum link_state pump_down(struct link *link, size_t *moved)
{
	if (channel_has_room(&link->down))
		read_down(link, moved);
	if (is_greeting_wrong(link))
		return LINK_FAILED;
	if (link->inner.fd >= 0 && allowed_down(link) > 0) {
		size_t n = 0;
		const char *bytes = link->down.bytes + link->down.begin;
		if (!channel_drain(&link->down, allowed_down(link), &link->inner, &n)) {
			link->up.ended = true;
			n = link->down.end - link->down.begin;
			link->down.begin = link->down.end;
		}
		nudge_note_given(&link->nudge, bytes, n);
		*moved += n;
	}
	return LINK_OPEN;
}

static enum link_state conclude(const struct link *link)
{
	/* What is not scanned by now is half a packet, and goes nowhere. */
	bool client_gone = link->up.ended && link->gate.scanned == 0;
	bool broker_gone = link->down.ended && channel_is_empty(&link->down);

	/* A broker that resets a connection it never spoke on has closed it. */
	if (link->broken.status == IOTKIT_ENETWORK && link->outer.tls == NULL && !link->greeted)
		return LINK_BROKER_GONE;
	if (is_broken(link) && (client_gone || channel_is_empty(&link->down))) {
		reason_raise(&link->broken);
		return LINK_FAILED;
	}
	if (client_gone)
		return LINK_CLIENT_GONE;
	return broker_gone ? LINK_BROKER_GONE : LINK_OPEN;
}

static enum link_state pump(struct link *link)
{
	size_t moved = 1;

	if (link->inner.fd < 0 && let_paho_in(link) != IOTKIT_OK)
		return LINK_FAILED;
	if (link->inner.fd >= 0)
		nudge_awake(&link->nudge, link->inner.fd);
	gate_ask_again(&link->gate);
	for (int round = 0; round < ROUNDS && moved > 0; round++) {
		moved = 0;
		pump_up(link, &moved);
		if (pump_down(link, &moved) == LINK_FAILED)
			return LINK_FAILED;
	}
	if (link->held && !link->up.ended)
		nudge_answer(&link->nudge, link->inner.fd);
	return conclude(link);
}

enum link_state link_pump(struct link *link)
{
	enum link_state state = pump(link);

	if (link->outer.tap != NULL)
		tap_flush(link->outer.tap);
	return state;
}

/* Half of the channel is left to paho, which would find no room otherwise while more comes than the
 * broker takes. */
bool link_send(struct link *link, const char *packet, size_t size)
{
	size_t waiting = link->up.end - link->up.begin;

	return !is_broken(link) && waiting + size <= CHANNEL_SIZE / 2 &&
	       gate_insert(&link->gate, &link->up, packet, size);
}

bool link_has_all(const struct link *link)
{
	int unread = 0;

	return link->inner.fd >= 0 && ioctl(link->inner.fd, FIONREAD, &unread) == 0 &&
	       unread == 0 && gate_is_between(&link->gate);
}

void link_hold(struct link *link, bool held)
{
	link->held = held;
}

bool link_is_local(const struct link *link)
{
	return wire_is_local(&link->outer);
}

void link_describe(const struct link *link, char text[TLS_STREAM_TEXT_SIZE])
{
	text[0] = '\0';
	if (link->outer.tls != NULL)
		tls_stream_describe(link->outer.tls, text);
}

void link_count(const struct link *link, struct link_counters *sum)
{
	wire_count(&link->outer, &sum->sent, &sum->received);
	sum->intruders += link->intruders;
}
