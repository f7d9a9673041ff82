/* SPDX-License-Identifier: MIT
 *
 * What the link holds back on its way to the broker.
 */
#include <stdlib.h>

#include "linked.h"

static uint64_t asked, stored; /* what is to be stored, and what is */
static bool untaken[65536];
static uint16_t under_way; /* packet id of the only message */
static size_t times_refused;
static size_t times_handed_over;
static size_t answers_told;

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

static bool is_under_way(void *context, uint16_t packet_id)
{
	ck_assert_ptr_eq(context, &asked);
	return packet_id == under_way;
}

static void note_requested(void *context, uint16_t packet_id)
{
	ck_assert_ptr_eq(context, &asked);
	ck_assert_uint_ne(packet_id, under_way);
}

static void note_handed_over(void *context)
{
	ck_assert_ptr_eq(context, &asked);
	times_handed_over++;
}

static void note_answer(void *context, const struct link_answer *answer)
{
	ck_assert_ptr_eq(context, &asked);
	ck_assert_uint_eq(answer->packet_id, 0x8001);
	answers_told++;
}

static const struct link_gate keeper = {.context = &asked,
					.ticket = get_ticket,
					.passed = has_passed,
					.untaken = is_untaken,
					.under_way = is_under_way,
					.asked = note_requested,
					.answered = note_answer,
					.handed_over = note_handed_over};

static void start_held(const char *password)
{
	asked = stored = 0;
	under_way = 0;
	times_refused = times_handed_over = answers_told = 0;
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
	sent = stuff(client, bytes, SIZE);
	ck_assert_uint_eq(link_poll(the_link, fds), LINK_FDS);
	ck_assert_int_eq(fds[0].fd, -1);
	ck_assert_int_eq(fds[1].events, POLLIN);
	stored = 1;
	while (received < SIZE) {
		pump_until_readable(broker);
		ssize_t n = recv(broker, arrived + received, SIZE - received, 0);
		ck_assert_int_gt(n, 0);
		received += (size_t)n;
		sent += stuff(client, bytes + sent, SIZE - sent);
	}
	ck_assert_mem_eq(arrived, bytes, SIZE);
	free(bytes);
	free(arrived);
}
END_TEST

START_TEST(a_held_pubrec_delays_nothing_behind_it)
{
	untaken[7] = true;
	say("\x50\x02\x00\x07\x30\x02\x00\x00", 8);
	expect_bytes(broker, "\x30\x02\x00\x00", 4);
	expect_silence();
	untaken[7] = false;
	expect_bytes(broker, "\x50\x02\x00\x07", 4);
}
END_TEST

START_TEST(a_held_pubrec_goes_behind_the_publish_that_is_under_way)
{
	untaken[7] = true;
	say("\x50\x02\x00\x07\x30\x04\x00", 7);
	expect_bytes(broker, "\x30\x04\x00", 3);
	untaken[7] = false;
	expect_silence();
	say("\x01xy", 3);
	expect_bytes(broker, "\x01xy\x50\x02\x00\x07", 7);
}
END_TEST

START_TEST(a_held_pubrec_waits_for_what_taking_its_message_asked_to_be_stored)
{
	untaken[7] = true;
	say("\x50\x02\x00\x07", 4);
	untaken[7] = false;
	asked = 1;
	expect_silence();
	stored = 1;
	expect_bytes(broker, "\x50\x02\x00\x07", 4);
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
		memcpy(receipts + i * SIZE, (char[]){0x50, SIZE - 2, (char)(i >> 8), (char)i}, 4);
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

static void drain_broker(char *to, size_t size)
{
	size_t received = 0;

	while (received < size) {
		pump_until_readable(broker);
		ssize_t n = recv(broker, to + received, size - received, 0);
		ck_assert_int_gt(n, 0);
		received += (size_t)n;
	}
}

START_TEST(what_is_lent_goes_as_the_broker_reads_and_holds_up_what_is_behind)
{
	enum { SIZE = 32 << 20 };
	struct pollfd fds[LINK_FDS];
	char *bytes = malloc(SIZE), *arrived = malloc(SIZE);
	const struct link_loan loan = {.bytes = bytes, .size = SIZE};

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 2654435761U >> 24);
	asked = 1;
	ck_assert(link_lend(the_link, "\x30\x80\x80\x80\x10", 5, &loan));
	ck_assert(!link_lend(the_link, "\x30\x80\x80\x80\x10", 5, &loan));
	ck_assert(link_send(the_link, "\x30\x02\x00\x00", 4));
	say("\xc0\x00", 2);
	expect_silence();
	stored = 1;
	pump_until_quiet(); /* the broker does not read: nothing to do for anybody */
	ck_assert_uint_eq(link_poll(the_link, fds), LINK_FDS);
	ck_assert_int_eq(fds[1].events, POLLIN | POLLOUT);
	ck_assert_uint_eq(times_handed_over, 0);
	drain_broker(arrived, 5);
	ck_assert_mem_eq(arrived, "\x30\x80\x80\x80\x10", 5);
	drain_broker(arrived, SIZE);
	ck_assert_uint_eq(times_handed_over, 1);
	ck_assert_mem_eq(arrived, bytes, SIZE);
	drain_broker(arrived, 6);
	ck_assert_mem_eq(arrived, "\x30\x02\x00\x00\xc0\x00", 6);
	ck_assert(link_lend(the_link, "\x30\x80\x80\x80\x10", 5, &loan));
	free(bytes);
	free(arrived);
}
END_TEST

START_TEST(a_head_larger_than_half_of_the_link_finds_room_when_nothing_waits)
{
	char *head = calloc(1, LINK_HEAD_MAX);

	ck_assert(link_send(the_link, "\x30\x00", 2));
	ck_assert(!link_send(the_link, head, LINK_HEAD_MAX));
	pump_until_quiet();
	ck_assert(link_send(the_link, head, LINK_HEAD_MAX));
	ck_assert(!link_send(the_link, "\x30\x00", 2));
	drain_broker(head, 2);
	ck_assert_mem_eq(head, "\x30\x00", 2);
	drain_broker(head, LINK_HEAD_MAX);
	free(head);
}
END_TEST

/* Else the request would wait for ever, and all behind it. */
START_TEST(what_ends_a_message_finds_room_when_a_request_waits_for_that)
{
	enum { SIZE = 60000 };
	char *request = calloc(1, SIZE), *arrived = malloc(SIZE);

	memcpy(request, "\x82\xdc\xd4\x03\x90\x00", 6);
	under_way = 0x9000;
	say(request, SIZE);
	expect_silence();
	ck_assert(link_send(the_link, "\x62\x02\x90\x00", 4));
	expect_bytes(broker, "\x62\x02\x90\x00", 4);
	expect_silence();
	under_way = 0;
	drain_broker(arrived, SIZE);
	ck_assert_mem_eq(arrived, request, SIZE);
	free(request);
	free(arrived);
}
END_TEST

/* The client asks whether the broker lives, behind much that is on its way. */
START_TEST(the_client_hears_that_the_broker_lives_when_an_answer_comes_for_us)
{
	char bytes[8];

	expect_bytes(client, "\xd0\x00", 2); /* that it is connected */
	say("\xc0\x00", 2);
	ck_assert_int_eq(recv(client, bytes, sizeof bytes, MSG_DONTWAIT), -1);
	ck_assert_int_eq(send(broker, "\x20\x00\x40\x02\x80\x01\xd0", 7, 0), 7);
	expect_bytes(client, "\xd0\x00\x20\x00\xd0", 5);
	ck_assert_uint_eq(answers_told, 1);
	ck_assert_int_eq(send(broker, "\x00\x40\x02\x80\x01", 5, 0), 5);
	expect_bytes(client, "\x00", 1); /* it has not asked anew */
	ck_assert_uint_eq(answers_told, 2);
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

START_TEST(a_client_that_leaves_within_a_pubrec_is_gone)
{
	untaken[7] = true;
	say("\x50\x02\x00\x07\x50\x02", 6);
	shutdown(client, SHUT_WR);
	expect_the_end();
}
END_TEST

START_TEST(with_the_connection_goes_what_was_held)
{
	untaken[7] = true;
	asked = 1;
	say("\x50\x02\x00\x07\x30\x02\x00\x00", 8);
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
	tcase_add_test(gate, a_held_pubrec_delays_nothing_behind_it);
	tcase_add_test(gate, a_held_pubrec_goes_behind_the_publish_that_is_under_way);
	tcase_add_test(gate, a_held_pubrec_waits_for_what_taking_its_message_asked_to_be_stored);
	tcase_add_test(gate, the_link_asks_to_be_pumped_until_all_that_was_taken_has_gone);
	tcase_add_test(gate, what_is_lent_goes_as_the_broker_reads_and_holds_up_what_is_behind);
	tcase_add_test(gate, a_head_larger_than_half_of_the_link_finds_room_when_nothing_waits);
	tcase_add_test(gate, what_ends_a_message_finds_room_when_a_request_waits_for_that);
	tcase_add_test(gate, the_client_hears_that_the_broker_lives_when_an_answer_comes_for_us);
	tcase_add_test(gate, a_client_that_leaves_is_gone_once_what_it_said_has_gone);
	tcase_add_test(gate, a_client_that_leaves_within_a_pubrec_is_gone);
	tcase_add_test(gate, with_the_connection_goes_what_was_held);
	suite_add_tcase(suite, gate);

	tcase_set_timeout(login, 60);
	tcase_add_checked_fixture(login, start_logging_in, stop);
	tcase_add_test(login, connect_goes_whatever_is_to_be_stored);
	suite_add_tcase(suite, login);
	return suite_run(suite);
}
