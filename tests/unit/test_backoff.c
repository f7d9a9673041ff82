/* SPDX-License-Identifier: MIT */
#include "mqtt/backoff.h"
#include "suite.h"

START_TEST(pauses_stay_in_bounds_that_double)
{
	for (int round = 0; round < 200; round++) {
		struct backoff backoff;
		int64_t ceiling = 100;
		backoff_init(&backoff, 100, 5000);
		for (int i = 0; i < 12; i++) {
			int64_t pause = backoff_next(&backoff);
			ceiling = ceiling * 2 < 5000 ? ceiling * 2 : 5000;
			ck_assert_int_ge(pause, 100);
			ck_assert_int_le(pause, ceiling);
		}
	}
}
END_TEST

START_TEST(pauses_are_drawn_by_lot)
{
	struct backoff backoff;
	int64_t least = INT64_MAX, greatest = 0;

	backoff_init(&backoff, 1, 1000000);
	for (int i = 0; i < 25; i++)
		backoff_next(&backoff);
	for (int i = 0; i < 100; i++) {
		int64_t pause = backoff_next(&backoff);
		least = pause < least ? pause : least;
		greatest = pause > greatest ? pause : greatest;
	}
	ck_assert_int_lt(least, 500000);
	ck_assert_int_gt(greatest, 500000);
}
END_TEST

START_TEST(a_reset_begins_anew)
{
	struct backoff backoff;

	backoff_init(&backoff, 10, 100000);
	for (int i = 0; i < 20; i++)
		backoff_next(&backoff);
	backoff_reset(&backoff);
	ck_assert_int_le(backoff_next(&backoff), 20);
}
END_TEST

START_TEST(a_maximum_below_the_minimum_is_the_minimum)
{
	struct backoff backoff;

	backoff_init(&backoff, 50, 10);
	ck_assert_int_eq(backoff_next(&backoff), 50);
	ck_assert_int_eq(backoff_next(&backoff), 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backoff");
	TCase *backoff = tcase_create("backoff");

	tcase_add_test(backoff, pauses_stay_in_bounds_that_double);
	tcase_add_test(backoff, pauses_are_drawn_by_lot);
	tcase_add_test(backoff, a_reset_begins_anew);
	tcase_add_test(backoff, a_maximum_below_the_minimum_is_the_minimum);
	suite_add_tcase(suite, backoff);
	return suite_run(suite);
}
