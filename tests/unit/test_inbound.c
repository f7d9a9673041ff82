/* SPDX-License-Identifier: MIT
 *
 * Which of the broker's messages with QoS 1 are to be acknowledged next. Those with QoS 2 are in
 * the suites of what restarts keep: tests/integration.
 */
#include "mqtt/inbound.h"

#include "suite.h"

static struct inbound inbound;

/* Nothing here is kept over a restart. */
static void start(void)
{
	inbound = (struct inbound){0};
	inbound_init(&inbound, NULL, true);
}

static void stop(void)
{
	inbound_destroy(&inbound);
}

static uint64_t arrive(uint16_t packet_id)
{
	ck_assert(inbound_expect_puback(&inbound, packet_id));
	return inbound_note_arrived(&inbound, packet_id);
}

static void take(uint64_t token)
{
	inbound_note_taken(&inbound, token, 1);
}

static void assert_next(uint16_t expected)
{
	uint16_t packet_id;

	ck_assert(inbound_next_puback(&inbound, &packet_id));
	ck_assert_uint_eq(packet_id, expected);
}

static void assert_acknowledged(uint16_t expected)
{
	assert_next(expected);
	inbound_note_puback(&inbound);
}

static void assert_none(void)
{
	uint16_t packet_id;

	ck_assert(!inbound_next_puback(&inbound, &packet_id));
}

START_TEST(they_are_acknowledged_in_their_order_once_taken)
{
	uint64_t first, second, third;

	assert_none();
	first = arrive(7);
	second = arrive(0xffff);
	third = arrive(1);
	assert_none();
	take(third);
	take(second);
	assert_none(); /* the oldest is untaken */
	take(first);
	assert_next(7);
	assert_acknowledged(7); /* not before it has gone */
	assert_acknowledged(0xffff);
	assert_acknowledged(1);
	assert_none();
}
END_TEST

START_TEST(an_untaken_one_stops_those_behind_it)
{
	uint64_t first = arrive(1), second = arrive(2), third = arrive(3);

	take(first);
	take(third);
	assert_acknowledged(1);
	assert_none();
	take(second);
	assert_acknowledged(2);
	assert_acknowledged(3);
	assert_none();
}
END_TEST

START_TEST(no_more_are_expected_than_there_are_packet_ids)
{
	for (uint32_t id = 0; id < PACKET_IDS; id++)
		ck_assert(inbound_expect_puback(&inbound, (uint16_t)id));
	ck_assert(!inbound_expect_puback(&inbound, 5));
	assert_acknowledged(0);
	ck_assert(inbound_expect_puback(&inbound, 5));
	ck_assert(!inbound_expect_puback(&inbound, 6));
	for (uint32_t id = 1; id < PACKET_IDS; id++)
		assert_acknowledged((uint16_t)id);
	assert_acknowledged(5);
	assert_none();
}
END_TEST

START_TEST(they_go_round_and_round)
{
	uint64_t before = arrive(0);

	for (uint32_t i = 1; i < PACKET_IDS + 10; i++) {
		uint64_t token = arrive((uint16_t)i);
		assert_none();
		take(before);
		assert_acknowledged((uint16_t)(i - 1));
		before = token;
	}
}
END_TEST

/* The broker sends them anew, and has forgotten nothing. */
START_TEST(with_the_connection_goes_what_was_to_be_acknowledged)
{
	uint64_t first = arrive(1), second = arrive(2);

	take(first);
	inbound_note_hung_up(&inbound);
	assert_none();
	take(second);
	assert_none();
	take(arrive(2));
	assert_acknowledged(2);
	assert_none();
}
END_TEST

START_TEST(one_that_came_again_is_acknowledged_once_both_were_taken)
{
	uint64_t before = arrive(1);

	inbound_note_hung_up(&inbound);
	uint64_t again = arrive(1);
	take(before);
	assert_none();
	take(again);
	assert_acknowledged(1);
	assert_none();
}
END_TEST

START_TEST(one_of_a_forgotten_session_acknowledges_none_of_the_next)
{
	uint64_t before = arrive(1);

	inbound_note_hung_up(&inbound);
	inbound_forget(&inbound);
	uint64_t after = arrive(1);
	take(before);
	assert_none();
	take(after);
	assert_acknowledged(1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inbound");
	TCase *pubacks = tcase_create("pubacks");

	tcase_add_checked_fixture(pubacks, start, stop);
	tcase_add_test(pubacks, they_are_acknowledged_in_their_order_once_taken);
	tcase_add_test(pubacks, an_untaken_one_stops_those_behind_it);
	tcase_add_test(pubacks, no_more_are_expected_than_there_are_packet_ids);
	tcase_add_test(pubacks, they_go_round_and_round);
	tcase_add_test(pubacks, with_the_connection_goes_what_was_to_be_acknowledged);
	tcase_add_test(pubacks, one_that_came_again_is_acknowledged_once_both_were_taken);
	tcase_add_test(pubacks, one_of_a_forgotten_session_acknowledges_none_of_the_next);
	suite_add_tcase(suite, pubacks);
	return suite_run(suite);
}
