/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include "base/random.h"
#include "mqtt/backoff.h"
#include "suite.h"

START_TEST(every_pause_lies_within_the_bounds)
{
	struct backoff backoff;

	backoff_init(&backoff, 500, 30000);
	for (int i = 0; i < 1000; i++) {
		int64_t pause = backoff_next(&backoff);
		ck_assert_int_ge(pause, 500);
		ck_assert_int_le(pause, 30000);
	}
}
END_TEST

START_TEST(the_ceiling_doubles_up_to_the_longest_pause)
{
	static const int64_t ceilings[] = {200, 400, 800, 1000, 1000};

	for (int round = 0; round < 200; round++) {
		struct backoff backoff;
		backoff_init(&backoff, 100, 1000);
		for (size_t i = 0; i < sizeof ceilings / sizeof ceilings[0]; i++)
			ck_assert_int_le(backoff_next(&backoff), ceilings[i]);
	}
}
END_TEST

START_TEST(pauses_are_drawn_from_the_whole_range)
{
	bool low = false, high = false;

	for (int round = 0; round < 1000; round++) {
		struct backoff backoff;
		backoff_init(&backoff, 100, 1000);
		for (int i = 0; i < 4; i++)
			backoff_next(&backoff);
		int64_t pause = backoff_next(&backoff);
		low = low || pause < 300;
		high = high || pause > 800;
	}
	ck_assert(low && high);
}
END_TEST

START_TEST(a_reset_begins_with_short_pauses_again)
{
	struct backoff backoff;

	backoff_init(&backoff, 100, 100000);
	for (int i = 0; i < 20; i++)
		backoff_next(&backoff);
	backoff_reset(&backoff);
	ck_assert_int_le(backoff_next(&backoff), 200);
}
END_TEST

START_TEST(a_longest_pause_below_the_shortest_is_the_shortest)
{
	struct backoff backoff;

	backoff_init(&backoff, 700, 20);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(backoff_next(&backoff), 700);
	backoff_init(&backoff, 3600000, 3600000);
	ck_assert_int_eq(backoff_next(&backoff), 3600000);
}
END_TEST

START_TEST(random_numbers_lie_between_their_bounds_both_included)
{
	int seen[3] = {0};

	for (int i = 0; i < 1000; i++)
		seen[random_between(5, 7) - 5]++;
	ck_assert(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
	ck_assert_int_eq(random_between(4, 4), 4);
	ck_assert_int_eq(random_between(4, 3), 4);
	ck_assert_uint_ne(random_u64(), random_u64());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backoff");
	TCase *backoff = tcase_create("backoff");

	tcase_add_test(backoff, every_pause_lies_within_the_bounds);
	tcase_add_test(backoff, the_ceiling_doubles_up_to_the_longest_pause);
	tcase_add_test(backoff, pauses_are_drawn_from_the_whole_range);
	tcase_add_test(backoff, a_reset_begins_with_short_pauses_again);
	tcase_add_test(backoff, a_longest_pause_below_the_shortest_is_the_shortest);
	tcase_add_test(backoff, random_numbers_lie_between_their_bounds_both_included);
	suite_add_tcase(suite, backoff);
	return suite_run(suite);
}
