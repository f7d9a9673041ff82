/* SPDX-License-Identifier: MIT
 *
 * What moves the bytes between the two sockets of a link.
 */
#define _GNU_SOURCE /* TCP_QUICKACK */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "link/door.h"
#include "link/greeting.h"
#include "link/internal.h"

enum {
	BURST_SIZE = 16384, /* as much as a TLS record holds */
	ROUNDS = 8 /* reads a pump, so that a busy link lets its session do other things */
};

static iotkit_status let_paho_in(struct link *link)
{
	iotkit_status status = door_accept(link->listener, &link->inner.fd, &link->intruders);

	if (status != IOTKIT_OK || link->inner.fd < 0)
		return status;
	setsockopt(link->inner.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	link_close_fd(&link->listener);
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

/* What is borrowed goes from where it is. */
static void send_loan(struct link *link, size_t *moved)
{
	const struct link_gate *keeper = &link->gate.keeper;
	const struct link_loan *loan = &link->gate.loan;
	ssize_t n = wire_write(&link->outer, loan->bytes, loan->size);

	if (n < 0 && errno != EAGAIN)
		note_broken(link);
	if (n <= 0)
		return;
	*moved += (size_t)n;
	nudge_note_life(&link->nudge, link->inner.fd);
	if (gate_note_loan_gone(&link->gate, (size_t)n) && keeper->handed_over != NULL)
		keeper->handed_over(keeper->context);
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
	if (!link_is_broken(link) && gate_is_lending(&link->gate))
		send_loan(link, moved);
}

static void pump_up(struct link *link, size_t *moved)
{
	if (link->inner.fd >= 0 && !link_is_broken(link) && link_wants_up(link))
		read_up(link, moved);
	if (!link_is_broken(link) && login_is_pending(&link->login))
		pump_login(link, moved);
	else if (!link_is_broken(link))
		send_up(link, moved);
	if (link_is_broken(link)) {
		link->up.begin = link->up.end = 0;
		gate_clear(&link->gate);
	}
}

/* Leaves in the channel what is paho's of the last bytes of it. */
static void take_answers(struct link *link, size_t size)
{
	size_t left = size;

	if (answers_scan(&link->answers, link->down.bytes + link->down.end - size, &left) !=
	    IOTKIT_OK) {
		reason_capture(&link->broken);
		link->down.ended = true;
	}
	if (left < size)
		nudge_note_life(&link->nudge, link->inner.fd);
	link->down.end -= size - left;
}

/* TLS gives one record at a time. Many small ones go on to paho together, which wakes it once; but
 * answers, which leave the channel, are no more than it could hold. False when it is no broker that
 * speaks. */
static bool read_down(struct link *link, size_t *moved)
{
	size_t began = *moved, before;

	do {
		before = *moved;
		if (!channel_fill(&link->down, &link->outer, moved)) {
			note_broken(link);
			link->down.ended = true;
		}
		if (is_greeting_wrong(link))
			return false;
		take_answers(link, *moved - before);
	} while (*moved > before && *moved - began < CHANNEL_SIZE &&
		 channel_has_room(&link->down) && wire_has_bytes(&link->outer));
	if (*moved > began)
		quick_ack(&link->outer);
	return true;
}

/* What breaks the rules ends the stream; nothing behind it means anything. */
static void take_arrivals(struct link *link, size_t *moved)
{
	size_t n = 0;
	iotkit_status status = arrivals_take(&link->arrivals, &link->nudge.given, &link->down, &n);

	if (n > 0)
		nudge_note_life(&link->nudge, link->inner.fd);
	*moved += n;
	if (status == IOTKIT_OK)
		return;
	reason_capture(&link->broken);
	link->down.ended = true;
	link->down.begin = link->down.end;
}

/* Returns whether all went that may. */
static bool give_to_paho(struct link *link, size_t size, size_t *moved)
{
	const char *bytes = link->down.bytes + link->down.begin;
	size_t n = 0;

	if (!channel_drain(&link->down, size, &link->inner, &n)) {
		link->up.ended = true;
		n = size;
		link->down.begin += n;
	}
	nudge_note_given(&link->nudge, bytes, n);
	*moved += n;
	return n == size;
}

static enum link_state pump_down(struct link *link, size_t *moved)
{
	size_t size, before = *moved;

	if (channel_has_room(&link->down) && !read_down(link, moved))
		return LINK_FAILED;
	if (link->inner.fd < 0)
		return LINK_OPEN;
	bool has_come = *moved > before;
	do {
		take_arrivals(link, moved);
		size = link_allowed_down(link);
	} while (size > 0 && give_to_paho(link, size, moved));
	/* What stays, as a part of a message does, is nothing that paho sees. */
	if (has_come && !channel_is_empty(&link->down))
		nudge_note_life(&link->nudge, link->inner.fd);
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
	if (link_is_broken(link) && (client_gone || channel_is_empty(&link->down))) {
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
