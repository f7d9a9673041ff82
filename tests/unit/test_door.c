/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/door.h"
#include "suite.h"

enum {
	LOCAL_PORT_RANGE = 51, /* IP_LOCAL_PORT_RANGE of Linux 6.3 */
	TOO_OLD = 77 /* an older kernel */
};

static int listener;
static uint16_t port;
static uint64_t intruders;

static void start(void)
{
	intruders = 0;
	ck_assert_int_eq(door_open(&listener, &port), IOTKIT_OK);
}

static void stop(void)
{
	close(listener);
}

static int knock(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int answer(void)
{
	int fd = -1;

	ck_assert_int_eq(door_accept(listener, &fd, &intruders), IOTKIT_OK);
	return fd;
}

static void wait_for_knock(void)
{
	struct pollfd fd = {.fd = listener, .events = POLLIN};

	ck_assert_int_eq(poll(&fd, 1, 10000), 1);
}

/* Another process: it connects, and exits with 0 if it was turned away unread. */
static pid_t send_intruder(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(listener);
	int fd = knock();
	char byte;
	_exit(fd >= 0 && read(fd, &byte, 1) <= 0 ? 0 : 1);
}

static void assert_turned_away(pid_t pid)
{
	int status = -1;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

START_TEST(a_socket_of_this_process_is_let_in)
{
	char byte = 0;
	int outside = knock();

	wait_for_knock();
	int inside = answer();
	ck_assert_int_ge(inside, 0);
	ck_assert_uint_eq(intruders, 0);
	ck_assert_int_eq(write(outside, "x", 1), 1);
	struct pollfd fd = {.fd = inside, .events = POLLIN};
	ck_assert_int_eq(poll(&fd, 1, 10000), 1);
	ck_assert_int_eq(read(inside, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	close(inside);
	close(outside);
}
END_TEST

START_TEST(another_process_is_turned_away_and_counted)
{
	pid_t intruder = send_intruder();

	wait_for_knock();
	ck_assert_int_eq(answer(), -1);
	ck_assert_uint_eq(intruders, 1);
	assert_turned_away(intruder);
}
END_TEST

/* Another process, from the very port that a connection of ours to somewhere else has. */
static pid_t send_impostor(uint16_t our_port)
{
	uint32_t range = (uint32_t)our_port << 16 | our_port;
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(listener);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char byte;
	if (setsockopt(fd, IPPROTO_IP, LOCAL_PORT_RANGE, &range, sizeof range) != 0)
		_exit(TOO_OLD);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		_exit(1);
	_exit(read(fd, &byte, 1) <= 0 ? 0 : 1);
}

START_TEST(who_has_the_same_port_is_turned_away)
{
	struct sockaddr_in elsewhere = {.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in ours = {0};
	socklen_t size = sizeof elsewhere;
	int other = socket(AF_INET, SOCK_STREAM, 0);
	int broker = socket(AF_INET, SOCK_STREAM, 0);
	int status = 0;

	ck_assert_int_eq(bind(other, (struct sockaddr *)&elsewhere, size), 0);
	ck_assert_int_eq(listen(other, 1), 0);
	getsockname(other, (struct sockaddr *)&elsewhere, &size);
	ck_assert_int_eq(connect(broker, (struct sockaddr *)&elsewhere, size), 0);
	getsockname(broker, (struct sockaddr *)&ours, &size);
	pid_t impostor = send_impostor(ntohs(ours.sin_port));
	struct pollfd knock = {.fd = listener, .events = POLLIN};
	while (poll(&knock, 1, 10) == 0 && waitpid(impostor, &status, WNOHANG) == 0)
		continue;
	if (!(WIFEXITED(status) && WEXITSTATUS(status) == TOO_OLD)) {
		ck_assert_int_eq(answer(), -1);
		ck_assert_uint_eq(intruders, 1);
		assert_turned_away(impostor);
	}
	close(broker);
	close(other);
}
END_TEST

START_TEST(behind_intruders_the_own_socket_still_gets_in)
{
	enum { CROWD = 5 };
	pid_t crowd[CROWD];

	for (int i = 0; i < CROWD; i++) {
		crowd[i] = send_intruder();
		wait_for_knock();
	}
	int outside = knock();
	int inside = -1;
	for (int tries = 0; tries < 100 && inside < 0; tries++) {
		wait_for_knock();
		inside = answer();
	}
	ck_assert_int_ge(inside, 0);
	/* Those who come later find the same door, until the link closes it. */
	while (intruders < CROWD) {
		wait_for_knock();
		ck_assert_int_eq(answer(), -1);
	}
	for (int i = 0; i < CROWD; i++)
		assert_turned_away(crowd[i]);
	close(inside);
	close(outside);
}
END_TEST

START_TEST(nobody_at_the_door_is_no_error)
{
	ck_assert_int_eq(answer(), -1);
	ck_assert_uint_eq(intruders, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("door");
	TCase *door = tcase_create("door");

	tcase_set_timeout(door, 60);
	tcase_add_checked_fixture(door, start, stop);
	tcase_add_test(door, a_socket_of_this_process_is_let_in);
	tcase_add_test(door, another_process_is_turned_away_and_counted);
	tcase_add_test(door, who_has_the_same_port_is_turned_away);
	tcase_add_test(door, behind_intruders_the_own_socket_still_gets_in);
	tcase_add_test(door, nobody_at_the_door_is_no_error);
	suite_add_tcase(suite, door);
	return suite_run(suite);
}
