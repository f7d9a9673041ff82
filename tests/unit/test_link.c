/* SPDX-License-Identifier: MIT
 *
 * The link between a broker and a client, both played by the test.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/link.h"
#include "suite.h"

enum { WAIT_MS = 10000 };

static const unsigned char pingresp[] = {0xd0, 0x00};

static struct wake never_woken;
static struct link *the_link;
static int broker = -1;
static int client = -1;

static bool never(void *context)
{
	(void)context;
	return false;
}

static int listen_somewhere(uint16_t *port)
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

static int connect_to(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void start(void)
{
	struct link_target target = {.host = "127.0.0.1"};
	int listener = listen_somewhere(&target.port);

	ck_assert_int_eq(wake_open(&never_woken), IOTKIT_OK);
	const struct patience patience = {
		.deadline = clock_deadline(WAIT_MS), .wake = &never_woken, .cancelled = never};
	ck_assert_int_eq(link_open(&target, &patience, &the_link), IOTKIT_OK);
	broker = accept(listener, NULL, NULL);
	close(listener);
	client = connect_to(link_port(the_link));
}

static void stop(void)
{
	link_close(the_link);
	wake_close(&never_woken);
	close(broker);
	close(client);
}

/* Pumps, as the session does, until a descriptor of the test's is readable. */
static void pump_until_readable(int fd)
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

static void expect_bytes(int fd, const void *expected, size_t size)
{
	char bytes[64];

	pump_until_readable(fd);
	ck_assert_int_eq(recv(fd, bytes, sizeof bytes, 0), (ssize_t)size);
	ck_assert_mem_eq(bytes, expected, size);
}

/* paho reads a nudge before it knows that it is connected, and forgets it. */
START_TEST(a_client_that_missed_its_nudge_gets_another)
{
	for (int i = 0; i < 3; i++)
		expect_bytes(client, pingresp, sizeof pingresp);
}
END_TEST

START_TEST(a_client_that_has_spoken_is_nudged_no_more)
{
	expect_bytes(client, pingresp, sizeof pingresp);
	ck_assert_int_eq(send(client, "CONNECT", 7, 0), 7);
	expect_bytes(broker, "CONNECT", 7);
	ck_assert(link_due(the_link) == CLOCK_NEVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link");
	TCase *nudge = tcase_create("nudge");

	tcase_set_timeout(nudge, 60);
	tcase_add_checked_fixture(nudge, start, stop);
	tcase_add_test(nudge, a_client_that_missed_its_nudge_gets_another);
	tcase_add_test(nudge, a_client_that_has_spoken_is_nudged_no_more);
	suite_add_tcase(suite, nudge);
	return suite_run(suite);
}
