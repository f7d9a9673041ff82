/* SPDX-License-Identifier: MIT */
#include "link/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "link/dial.h"
#include "link/door.h"
#include "link/internal.h"

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

/* From the broker, and not for paho. */
static void tell_of_what_comes(struct link *link, const struct link_gate *gate)
{
	const struct arrivals_sink sink = {
		.context = gate->context, .may_arrive = gate->may_arrive, .arrived = gate->arrived};

	link->answers.sink =
		(struct answers_sink){.context = gate->context, .answered = gate->answered};
	arrivals_begin(&link->arrivals, &sink);
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
	tell_of_what_comes(link, &link->gate.keeper);
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

void link_hang_up(struct link *link)
{
	wire_close(&link->outer);
	link_close_fd(&link->listener);
	if (link->inner.fd >= 0)
		shutdown(link->inner.fd, SHUT_WR);
	login_end(&link->login);
	gate_clear(&link->gate);
	arrivals_end(&link->arrivals);
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

bool link_is_deserted(const struct link *link)
{
	return link->up.ended;
}

void link_close(struct link *link)
{
	wire_close(&link->outer);
	wire_close(&link->inner);
	link_close_fd(&link->listener);
	login_end(&link->login);
	gate_clear(&link->gate);
	arrivals_end(&link->arrivals);
	free(link->host);
	secret_free(link);
}

uint16_t link_port(const struct link *link)
{
	return link->inner_port;
}

static short interest(bool reads, bool writes)
{
	return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

size_t link_poll(const struct link *link, struct pollfd fds[LINK_FDS])
{
	if (link->inner.fd < 0)
		fds[0] = (struct pollfd){.fd = link->listener, .events = POLLIN};
	else
		fds[0] = (struct pollfd){
			.fd = link->inner.fd,
			.events = interest(!link_is_broken(link) && link_wants_up(link),
					   link_allowed_down(link) > 0)};
	fds[1] = (struct pollfd){
		.fd = link->outer.fd,
		.events = interest(channel_has_room(&link->down), link_has_up(link))};
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
	if (gate_is_due(&link->gate, &link->up) ||
	    arrivals_are_due(&link->arrivals, &link->nudge.given, &link->down))
		return 0;
	return link->inner.fd >= 0 ? nudge_due(&link->nudge) : CLOCK_NEVER;
}

/* Half of the channel is left to paho, which would find no room otherwise while more comes than the
 * broker takes; but for what needs more than that half for itself, and when a request of paho's
 * waits for a message to end. The login takes all that comes for a part of CONNECT. */
static bool has_room(const struct link *link, size_t size)
{
	size_t waiting = link->up.end - link->up.begin;
	bool is_waited_for = link->gate.receipts.request != 0;

	return !link_is_broken(link) && !login_is_pending(&link->login) &&
	       (waiting + size <= CHANNEL_SIZE / 2 || waiting == 0 || is_waited_for);
}

bool link_send(struct link *link, const char *packet, size_t size)
{
	return has_room(link, size) && gate_insert(&link->gate, &link->up, packet, size);
}

bool link_lend(struct link *link, const char *head, size_t size, const struct link_loan *loan)
{
	return has_room(link, size) && gate_lend(&link->gate, &link->up, head, size, loan);
}

void link_hold(struct link *link, bool held)
{
	if (held && !link->held)
		nudge_note_held(&link->nudge);
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
