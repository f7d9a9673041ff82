/* SPDX-License-Identifier: MIT
 *
 * The link between a broker and a client, both played by the test.
 */
#ifndef TESTS_UNIT_LINKED_H
#define TESTS_UNIT_LINKED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "link/link.h"
#include "suite.h"

enum { WAIT_MS = 10000 };

static struct wake never_woken;
static struct link *the_link;
static int broker = -1;
static int client = -1;

static inline bool never(void *context)
{
	(void)context;
	return false;
}

static inline int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof here;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&here, &size), 0);
	*port = ntohs(here.sin_port);
	return fd;
}

static inline int connect_to(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static inline void start_link(const struct link_gate *gate, const char *password)
{
	struct link_target target = {.host = "127.0.0.1", .gate = gate};
	int listener = listen_somewhere(&target.port);

	target.password = password != NULL ? secret_copy(password) : NULL;

	ck_assert_int_eq(wake_open(&never_woken), IOTKIT_OK);
	const struct patience patience = {
		.deadline = clock_deadline(WAIT_MS), .wake = &never_woken, .cancelled = never};
	ck_assert_int_eq(link_open(&target, &patience, &the_link), IOTKIT_OK);
	broker = accept(listener, NULL, NULL);
	close(listener);
	client = connect_to(link_port(the_link));
}

static inline void stop(void)
{
	link_close(the_link);
	wake_close(&never_woken);
	close(broker);
	close(client);
}

/* Pumps, as the session does, until a descriptor of the test's is readable. */
static inline void pump_until_readable(int fd)
{
	int64_t deadline = clock_deadline(WAIT_MS);

	for (;;) {
		struct pollfd fds[LINK_FDS + 1];
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		ck_assert_int_eq(link_pump(the_link), LINK_OPEN);
		if (poll(&ready, 1, 0) > 0)
			return;
		ck_assert_int_lt(clock_monotonic_ms(), deadline);
		size_t count = link_poll(the_link, fds);
		fds[count] = ready;
		int64_t due = link_due(the_link);
		poll(fds, count + 1, clock_poll_timeout(due < deadline ? due : deadline));
	}
}

static inline void expect_bytes(int fd, const void *expected, size_t size)
{
	char bytes[64];

	pump_until_readable(fd);
	ck_assert_int_eq(recv(fd, bytes, sizeof bytes, 0), (ssize_t)size);
	ck_assert_mem_eq(bytes, expected, size);
}

/* Pumps while poll() says that there is something to do; a link that waits says no. */
static inline void pump_until_quiet(void)
{
	for (int pumps = 0; pumps < 10000; pumps++) {
		struct pollfd fds[LINK_FDS];
		ck_assert_int_eq(link_pump(the_link), LINK_OPEN);
		if (poll(fds, link_poll(the_link, fds), 0) == 0 && link_due(the_link) != 0)
			return;
	}
	ck_abort_msg("the link never rests");
}

static inline void say(const void *bytes, size_t size)
{
	ck_assert_int_eq(send(client, bytes, size, 0), (ssize_t)size);
	pump_until_quiet();
}

/* Sends all that this end's socket takes, up to so much. */
static inline size_t stuff(int fd, const char *bytes, size_t size)
{
	size_t sent = 0;

	for (ssize_t n; sent < size; sent += (size_t)n) {
		n = send(fd, bytes + sent, size - sent, MSG_DONTWAIT);
		if (n < 0)
			break;
	}
	pump_until_quiet();
	return sent;
}

#endif
