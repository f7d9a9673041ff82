/* SPDX-License-Identifier: MIT
 *
 * What the link holds back on its way to the broker.
 */
#include <stdlib.h>

#include "linked.h"

static uint64_t asked, stored; /* what is to be stored, and what is */
static bool untaken[65536];
static size_t times_refused;

static uint64_t get_ticket(void *context)
{
	ck_assert_ptr_eq(context, &asked);
	return asked;
}

static bool has_passed(void *context, uint64_t ticket)
{
	ck_assert_ptr_eq(context, &asked);
	times_refused += stored < ticket;
	return stored >= ticket;
}

static bool is_untaken(void *context, uint16_t packet_id)
{
	ck_assert_ptr_eq(context, &asked);
	return untaken[packet_id];
}

static const struct link_gate keeper = {
	.context = &asked, .ticket = get_ticket, .passed = has_passed, .untaken = is_untaken};

static void start_held(const char *password)
{
	asked = stored = 0;
	times_refused = 0;
	memset(untaken, 0, sizeof untaken);
	start_link(&keeper, password);
}

/* Past the nudges, which would go on until paho speaks. */
static void start_gated(void)
{
	start_held(NULL);
	ck_assert_int_eq(send(client, "\xc0\x00", 2, 0), 2);
	expect_bytes(broker, "\xc0\x00", 2);
}

static void start_logging_in(void)
{
	start_held("secret");
}

static void expect_silence(void)
{
	char byte;

	pump_until_quiet();
	ck_assert_int_eq(recv(broker, &byte, 1, MSG_DONTWAIT), -1);
}

START_TEST(bytes_wait_until_what_was_asked_before_is_stored)
{
	asked = 1;
	say("\x30\x02\x00\x00", 4);
	expect_silence();
	stored = 1;
	expect_bytes(broker, "\x30\x02\x00\x00", 4);
}
END_TEST

START_TEST(later_bytes_do_not_delay_earlier_ones)
{
	asked = 1;
	say("\x30\x02\x00\x01", 4);
	asked = 2;
	say("\x30\x02\x00\x02", 4);
	asked = 3;
	say("\x30\x02\x00\x03", 4);
	stored = 1;
	expect_bytes(broker, "\x30\x02\x00\x01", 4);
	expect_silence();
	stored = 3;
	expect_bytes(broker, "\x30\x02\x00\x02\x30\x02\x00\x03", 8);
}
END_TEST

START_TEST(while_bytes_wait_there_is_nothing_to_poll_for_but_reading)
{
	struct pollfd fds[LINK_FDS];

	asked = 1;
	say("\x30\x02\x00\x00", 4);
	ck_assert_uint_eq(link_poll(the_link, fds), LINK_FDS);
	ck_assert_int_eq(fds[0].events, POLLIN);
	ck_assert_int_eq(fds[1].events, POLLIN);
	ck_assert(link_due(the_link) == CLOCK_NEVER);
	size_t before = times_refused;
	ck_assert_int_eq(link_pump(the_link), LINK_OPEN);
	ck_assert_uint_eq(times_refused, before + 1);
}
END_TEST

/* Sends all that the client's socket takes, up to so much. */
static size_t stuff(const char *bytes, size_t size)
{
	size_t sent = 0;

	for (ssize_t n; sent < size; sent += (size_t)n) {
		n = send(client, bytes + sent, size - sent, MSG_DONTWAIT);
		if (n < 0)
			break;
	}
	pump_until_quiet();
	return sent;
}

START_TEST(a_full_link_reads_no_more_and_goes_on_when_what_waits_may_go)
{
	enum { SIZE = 16 << 20 };
	struct pollfd fds[LINK_FDS];
	char *bytes = malloc(SIZE), *arrived = malloc(SIZE);
	size_t sent = 0, received = 0;

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 2654435761U >> 24);
	memcpy(bytes, "\x30\xfb\xff\xff\x07", 5);
	asked = 1;
	sent = stuff(bytes, SIZE);
	ck_assert_uint_eq(link_poll(the_link, fds), LINK_FDS);
	ck_assert_int_eq(fds[0].fd, -1);
	ck_assert_int_eq(fds[1].events, POLLIN);
	stored = 1;
	while (received < SIZE) {
		pump_until_readable(broker);
		ssize_t n = recv(broker, arrived + received, SIZE - received, 0);
		ck_assert_int_gt(n, 0);
		received += (size_t)n;
		sent += stuff(bytes + sent, SIZE - sent);
	}
	ck_assert_mem_eq(arrived, bytes, SIZE);
	free(bytes);
	free(arrived);
}
END_TEST

START_TEST(a_held_puback_delays_nothing_behind_it)
{
	untaken[7] = true;
	say("\x40\x02\x00\x07\x30\x02\x00\x00", 8);
	expect_bytes(broker, "\x30\x02\x00\x00", 4);
	expect_silence();
	untaken[7] = false;
	expect_bytes(broker, "\x40\x02\x00\x07", 4);
}
END_TEST

START_TEST(a_held_puback_goes_behind_the_publish_that_is_under_way)
{
	untaken[7] = true;
	say("\x40\x02\x00\x07\x30\x04\x00", 7);
	expect_bytes(broker, "\x30\x04\x00", 3);
	untaken[7] = false;
	expect_silence();
	say("\x01xy", 3);
	expect_bytes(broker, "\x01xy\x40\x02\x00\x07", 7);
}
END_TEST

START_TEST(a_held_puback_waits_for_what_taking_its_message_asked_to_be_stored)
{
	untaken[7] = true;
	say("\x40\x02\x00\x07", 4);
	untaken[7] = false;
	asked = 1;
	expect_silence();
	stored = 1;
	expect_bytes(broker, "\x40\x02\x00\x07", 4);
}
END_TEST

/* Pumps only when the link has asked for it. */
static size_t receive_when_asked(char *bytes, size_t size)
{
	size_t received = 0;

	while (received < size) {
		struct pollfd fds[LINK_FDS + 1];
		size_t count = link_poll(the_link, fds);
		bool is_due = link_due(the_link) == 0;
		fds[count] = (struct pollfd){.fd = broker, .events = POLLIN};
		int ready = poll(fds, count + 1, is_due ? 0 : WAIT_MS / 2);
		if (ready == 0 && !is_due)
			break;
		bool is_readable = fds[count].revents != 0;
		if (is_readable)
			received += (size_t)recv(broker, bytes + received, size - received, 0);
		if (is_due || ready > is_readable)
			ck_assert_int_eq(link_pump(the_link), LINK_OPEN);
	}
	return received;
}

START_TEST(the_link_asks_to_be_pumped_until_all_that_was_taken_has_gone)
{
	enum { COUNT = 20000, SIZE = 64 };
	char *receipts = calloc(COUNT, SIZE), *arrived = malloc((size_t)COUNT * SIZE);

	for (size_t i = 0; i < COUNT; i++)
		memcpy(receipts + i * SIZE, (char[]){0x40, SIZE - 2, (char)(i >> 8), (char)i}, 4);
	memset(untaken, true, sizeof untaken);
	for (size_t i = 0; i < COUNT; i += 1000)
		say(receipts + i * SIZE, (size_t)1000 * SIZE);
	expect_silence();
	memset(untaken, false, sizeof untaken);
	ck_assert_int_eq(link_pump(the_link), LINK_OPEN);
	ck_assert_uint_eq(receive_when_asked(arrived, (size_t)COUNT * SIZE), (size_t)COUNT * SIZE);
	ck_assert_mem_eq(arrived, receipts, (size_t)COUNT * SIZE);
	free(receipts);
	free(arrived);
}
END_TEST

static void expect_the_end(void)
{
	struct pollfd fds[LINK_FDS];

	while (link_pump(the_link) == LINK_OPEN)
		ck_assert_int_gt(poll(fds, link_poll(the_link, fds), WAIT_MS), 0);
	ck_assert_int_eq(link_pump(the_link), LINK_CLIENT_GONE);
}

START_TEST(a_client_that_leaves_is_gone_once_what_it_said_has_gone)
{
	asked = 1;
	say("\xe0\x00", 2);
	shutdown(client, SHUT_WR);
	expect_silence();
	stored = 1;
	expect_the_end();
	ck_assert_int_eq(recv(broker, &(char[2]){0}, 2, 0), 2);
}
END_TEST

START_TEST(a_client_that_leaves_within_a_puback_is_gone)
{
	untaken[7] = true;
	say("\x40\x02\x00\x07\x40\x02", 6);
	shutdown(client, SHUT_WR);
	expect_the_end();
}
END_TEST

START_TEST(with_the_connection_goes_what_was_held)
{
	untaken[7] = true;
	asked = 1;
	say("\x40\x02\x00\x07\x30\x02\x00\x00", 8);
	link_hang_up(the_link);
	ck_assert(link_due(the_link) == CLOCK_NEVER);
	ck_assert_int_eq(recv(broker, &(char){0}, 1, 0), 0);
	shutdown(client, SHUT_WR);
	ck_assert(link_is_left(the_link));
}
END_TEST

START_TEST(connect_goes_whatever_is_to_be_stored)
{
	static const char without[] = "\x10\x0d\x00\x04MQTT\x04\x82\x00\x3c\x00\x01i";
	static const char with[] = "\x10\x15\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01i\x00\x06secret";

	asked = 1;
	ck_assert_int_eq(send(client, without, sizeof without - 1, 0), sizeof without - 1);
	expect_bytes(broker, with, sizeof with - 1);
	say("\xc0\x00", 2);
	expect_silence();
	stored = 1;
	expect_bytes(broker, "\xc0\x00", 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link_gate");
	TCase *gate = tcase_create("gate");
	TCase *login = tcase_create("login");

	tcase_set_timeout(gate, 60);
	tcase_add_checked_fixture(gate, start_gated, stop);
	tcase_add_test(gate, bytes_wait_until_what_was_asked_before_is_stored);
	tcase_add_test(gate, later_bytes_do_not_delay_earlier_ones);
	tcase_add_test(gate, while_bytes_wait_there_is_nothing_to_poll_for_but_reading);
	tcase_add_test(gate, a_full_link_reads_no_more_and_goes_on_when_what_waits_may_go);
	tcase_add_test(gate, a_held_puback_delays_nothing_behind_it);
	tcase_add_test(gate, a_held_puback_goes_behind_the_publish_that_is_under_way);
	tcase_add_test(gate, a_held_puback_waits_for_what_taking_its_message_asked_to_be_stored);
	tcase_add_test(gate, the_link_asks_to_be_pumped_until_all_that_was_taken_has_gone);
	tcase_add_test(gate, a_client_that_leaves_is_gone_once_what_it_said_has_gone);
	tcase_add_test(gate, a_client_that_leaves_within_a_puback_is_gone);
	tcase_add_test(gate, with_the_connection_goes_what_was_held);
	suite_add_tcase(suite, gate);

	tcase_set_timeout(login, 60);
	tcase_add_checked_fixture(login, start_logging_in, stop);
	tcase_add_test(login, connect_goes_whatever_is_to_be_stored);
	suite_add_tcase(suite, login);
	return suite_run(suite);
}
