/* SPDX-License-Identifier: MIT
 *
 * Boards on the network: tcp://host:port, as ser2net and ESP-link offer it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/device.h"
#include "device/port_tcp.h"
#include "heard_sink.h"
#include "suite.h"

static struct heard heard;
static struct devices *devices;
static int listener = -1;
static int board = -1;
static char uri[64];

/* Offers a board at a port of its own; 0 for any, which uri then tells. */
static void offer(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t size = sizeof address;
	int yes = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	snprintf(uri, sizeof uri, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
}

static uint16_t offered_port(void)
{
	unsigned port = 0;

	ck_assert_int_eq(sscanf(strrchr(uri, ':'), ":%u", &port), 1);
	return (uint16_t)port;
}

static void withdraw(void)
{
	close(listener);
	listener = -1;
}

/* The board's end of a connection. */
static void answer(void)
{
	struct pollfd caller = {.fd = listener, .events = POLLIN};

	ck_assert_int_eq(poll(&caller, 1, 20000), 1);
	board = accept(listener, NULL, NULL);
	ck_assert_int_ge(board, 0);
}

static void print(const char *text)
{
	ck_assert_int_eq(write(board, text, strlen(text)), (ssize_t)strlen(text));
}

static void hang_up(void)
{
	close(board);
	board = -1;
}

static void start(void)
{
	struct device_sink sink = heard_sink(&heard);

	heard_init(&heard);
	offer(0);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static void stop(void)
{
	devices_close(devices);
	if (board >= 0)
		hang_up();
	if (listener >= 0)
		withdraw();
	heard_destroy(&heard);
}

static void add(const char *name, const char *port_uri)
{
	ck_assert_msg(devices_add(devices, name, port_uri) == IOTKIT_OK, "%s", iotkit_last_error());
}

START_TEST(a_board_on_the_network_is_heard)
{
	char text[128];

	add("a", uri);
	answer();
	snprintf(text, sizeof text, "online a (0): %s is connected", uri);
	heard_wait(&heard, text);
	print("\nt:23.5\n");
	heard_wait(&heard, "metric a t=23.5");
}
END_TEST

START_TEST(a_connection_that_ends_is_a_board_that_is_gone_until_it_is_back)
{
	add("a", uri);
	answer();
	heard_wait(&heard, "online a");
	hang_up();
	heard_wait(&heard, "offline a (-10): tcp://127.0.0.1:");
	ck_assert_uint_eq(heard_count(&heard, "is gone: it closed the connection"), 1);
	answer();
	heard_wait(&heard, "online a");
	print("\nt:1\n");
	heard_wait(&heard, "metric a t=1");
}
END_TEST

START_TEST(a_reset_connection_is_told_with_its_cause)
{
	struct linger at_once = {.l_onoff = 1};

	add("a", uri);
	answer();
	heard_wait(&heard, "online a");
	setsockopt(board, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	hang_up();
	heard_wait(&heard, "is gone: Connection reset by peer");
}
END_TEST

START_TEST(refused_connections_are_told_once_and_tried_again)
{
	uint16_t port = offered_port();

	withdraw();
	add("a", uri);
	heard_wait(&heard, "offline a (-10): tcp://127.0.0.1:");
	ck_assert_uint_eq(heard_count(&heard, "refuses connections: nothing listens there"), 1);
	offer(port);
	answer();
	heard_wait(&heard, "online a");
	ck_assert_uint_eq(heard_count(&heard, "refuses"), 1);
}
END_TEST

START_TEST(a_host_may_have_a_name_or_an_ipv6_address)
{
	char named[64];

	snprintf(named, sizeof named, "tcp://localhost:%u", offered_port());
	add("a", named);
	answer();
	heard_wait(&heard, "online a (0): tcp://localhost:");
	add("b", "tcp://[::1]:9");
	heard_wait(&heard, "offline b (-10): ");
	ck_assert_uint_eq(heard_count(&heard, "tcp://[::1]:9"), 1);
}
END_TEST

START_TEST(an_unknown_host_name_is_told)
{
	add("a", "tcp://no-such-board.invalid:23");
	heard_wait(&heard, "offline a (-9): the host name 'no-such-board.invalid' cannot be looked "
			   "up");
}
END_TEST

START_TEST(a_board_can_be_removed_while_it_is_being_connected_to)
{
	for (int i = 0; i < 20; i++) {
		add("a", "tcp://no-such-board.invalid:23");
		add("b", uri);
		ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
		ck_assert_int_eq(devices_remove(devices, "b"), IOTKIT_OK);
	}
	ck_assert_uint_eq(heard_count(&heard, "metric"), 0);
}
END_TEST

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

/* Goes on until there is a socket, or it has failed. */
static iotkit_status dial(const char *to, int *fd)
{
	struct port_settings settings;
	struct port_dial *call = NULL;
	iotkit_status status = port_uri_parse(to, &settings);

	*fd = -1;
	ck_assert_int_eq(status, IOTKIT_OK);
	status = port_dial_start(&settings, clock_monotonic_ms(), &call);
	while (status == IOTKIT_OK && *fd < 0) {
		struct pollfd ready = port_dial_wait(call);
		poll(&ready, 1, clock_poll_timeout(port_dial_due(call)));
		status = port_dial_step(call, clock_monotonic_ms(), fd);
	}
	port_dial_end(call);
	return status;
}

START_TEST(a_socket_notices_a_board_that_lost_its_power)
{
	int fd;

	ck_assert_int_eq(dial(uri, &fd), IOTKIT_OK);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 10);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), 5);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 25000);
	ck_assert_int_ne(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}
END_TEST

/* A listener whose queue is full lets nobody in and says nothing: a black hole. Time is
 * told to the dial, rather than waited for. */
START_TEST(a_host_that_does_not_answer_is_given_up)
{
	struct port_settings settings;
	struct port_dial *call = NULL;
	int crowd[16];
	int64_t now = clock_monotonic_ms();
	int fd = -1;

	ck_assert_int_eq(listen(listener, 0), 0);
	ck_assert_int_eq(port_uri_parse(uri, &settings), IOTKIT_OK);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(offered_port())};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < 16; i++) {
		crowd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(crowd[i], (struct sockaddr *)&address, sizeof address);
	}
	ck_assert_int_eq(port_dial_start(&settings, now, &call), IOTKIT_OK);
	struct pollfd looked_up = port_dial_wait(call);
	ck_assert_int_eq(poll(&looked_up, 1, 20000), 1);
	ck_assert_int_eq(port_dial_step(call, now, &fd), IOTKIT_OK);
	ck_assert_int_eq(port_dial_step(call, now + 4999, &fd), IOTKIT_OK);
	ck_assert_int_eq(fd, -1);
	assert_fails(port_dial_step(call, now + 5000, &fd), IOTKIT_ETIMEOUT, "does not answer");
	port_dial_end(call);
	for (size_t i = 0; i < 16; i++)
		close(crowd[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port_tcp");
	TCase *tcase = tcase_create("port_tcp");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_board_on_the_network_is_heard);
	tcase_add_test(tcase, a_connection_that_ends_is_a_board_that_is_gone_until_it_is_back);
	tcase_add_test(tcase, a_reset_connection_is_told_with_its_cause);
	tcase_add_test(tcase, refused_connections_are_told_once_and_tried_again);
	tcase_add_test(tcase, a_host_may_have_a_name_or_an_ipv6_address);
	tcase_add_test(tcase, an_unknown_host_name_is_told);
	tcase_add_test(tcase, a_board_can_be_removed_while_it_is_being_connected_to);
	tcase_add_test(tcase, a_socket_notices_a_board_that_lost_its_power);
	tcase_add_test(tcase, a_host_that_does_not_answer_is_given_up);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
