/* SPDX-License-Identifier: MIT */
#include "linked.h"

static const unsigned char pingresp[] = {0xd0, 0x00};

static void start(void)
{
	start_link(NULL, NULL);
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

START_TEST(without_a_gate_all_goes_at_once)
{
	say("\x30\x02\x00\x00\x50\x02\x00\x07\x50\x02", 10);
	expect_bytes(broker, "\x30\x02\x00\x00\x50\x02\x00\x07\x50\x02", 10);
}
END_TEST

static void ping(void)
{
	expect_bytes(client, pingresp, sizeof pingresp); /* that it is connected */
	say("\xc0\x00", 2);
	expect_bytes(broker, "\xc0\x00", 2);
}

/* Its answer is held, too, and the client would hang up. */
START_TEST(a_ping_that_went_before_the_link_was_held_is_answered)
{
	ping();
	link_hold(the_link, true);
	expect_bytes(client, pingresp, sizeof pingresp);
	link_hold(the_link, true); /* again, as in each turn of the session's */
	pump_until_quiet();
	ck_assert_int_eq(recv(client, &(char){0}, 1, MSG_DONTWAIT), -1);
}
END_TEST

START_TEST(a_ping_that_was_answered_before_the_link_was_held_is_not_answered_again)
{
	ping();
	ck_assert_int_eq(send(broker, "\x20\x00\xd0\x00", 4, 0), 4);
	expect_bytes(client, "\x20\x00\xd0\x00", 4);
	link_hold(the_link, true);
	pump_until_quiet();
	ck_assert_int_eq(recv(client, &(char){0}, 1, MSG_DONTWAIT), -1);
}
END_TEST

static bool is_untaken(void *context, uint16_t packet_id)
{
	(void)context;
	(void)packet_id;
	return false;
}

static void start_logging_in(void)
{
	static const struct link_gate gate = {.untaken = is_untaken};

	start_link(&gate, "secret");
}

/* A broker that answers before it was asked would have what is put in between get into it. */
START_TEST(nothing_is_put_in_before_connect_has_gone)
{
	static const char begins[] = "\x10\x0d\x00\x04MQTT";
	static const char ends[] = "\x04\x82\x00\x3c\x00\x01i";
	static const char whole[] = "\x10\x15\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01i\x00\x06secret";

	ck_assert(!link_send(the_link, "\x62\x02\x80\x01", 4));
	say(begins, sizeof begins - 1);
	ck_assert(!link_send(the_link, "\x62\x02\x80\x01", 4));
	say(ends, sizeof ends - 1);
	expect_bytes(broker, whole, sizeof whole - 1);
	ck_assert(link_send(the_link, "\x62\x02\x80\x01", 4));
	expect_bytes(broker, "\x62\x02\x80\x01", 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link");
	TCase *nudge = tcase_create("nudge"), *login = tcase_create("login");

	tcase_set_timeout(nudge, 60);
	tcase_add_checked_fixture(nudge, start, stop);
	tcase_add_test(nudge, a_client_that_missed_its_nudge_gets_another);
	tcase_add_test(nudge, a_client_that_has_spoken_is_nudged_no_more);
	tcase_add_test(nudge, a_ping_that_went_before_the_link_was_held_is_answered);
	tcase_add_test(nudge,
		       a_ping_that_was_answered_before_the_link_was_held_is_not_answered_again);
	tcase_add_test(nudge, without_a_gate_all_goes_at_once);
	suite_add_tcase(suite, nudge);

	tcase_set_timeout(login, 60);
	tcase_add_checked_fixture(login, start_logging_in, stop);
	tcase_add_test(login, nothing_is_put_in_before_connect_has_gone);
	suite_add_tcase(suite, login);
	return suite_run(suite);
}
