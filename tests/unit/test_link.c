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
	say("\x30\x02\x00\x00\x40\x02\x00\x07\x40\x02", 10);
	expect_bytes(broker, "\x30\x02\x00\x00\x40\x02\x00\x07\x40\x02", 10);
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
	tcase_add_test(nudge, without_a_gate_all_goes_at_once);
	suite_add_tcase(suite, nudge);
	return suite_run(suite);
}
