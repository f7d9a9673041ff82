/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <time.h>

#include "base/clock.h"
#include "suite.h"

START_TEST(the_monotonic_clock_never_goes_back)
{
	int64_t last = clock_monotonic_ms();

	for (int i = 0; i < 100000; i++) {
		int64_t now = clock_monotonic_ms();
		if (now < last)
			ck_abort_msg("it went back");
		last = now;
	}
}
END_TEST

START_TEST(the_wall_clock_tells_the_time_of_day)
{
	/* Not time(), which may be a tick behind. */
	struct timespec before, after;

	clock_gettime(CLOCK_REALTIME, &before);
	int64_t now = clock_wall_ms();
	clock_gettime(CLOCK_REALTIME, &after);
	ck_assert_int_ge(now / 1000, before.tv_sec);
	ck_assert_int_le(now / 1000, after.tv_sec);
}
END_TEST

START_TEST(a_stamp_is_right_after_2038_too)
{
	char text[CLOCK_STAMP_SIZE];

	clock_stamp(0, text);
	ck_assert_str_eq(text, "19700101T000000Z");
	clock_stamp(INT64_C(1782996840123), text);
	ck_assert_str_eq(text, "20260702T125400Z");
	clock_stamp(INT64_C(2222222222000), text);
	ck_assert_str_eq(text, "20400602T035702Z");
}
END_TEST

START_TEST(a_timeout_has_a_deadline_and_a_negative_one_none)
{
	int64_t before = clock_monotonic_ms();
	int64_t deadline = clock_deadline(5000);
	int64_t after = clock_monotonic_ms();

	ck_assert_int_ge(deadline, before + 5000);
	ck_assert_int_le(deadline, after + 5000);
	ck_assert_int_eq(clock_deadline(-1), CLOCK_NEVER);
	ck_assert_int_eq(clock_deadline(INT32_MIN), CLOCK_NEVER);
	ck_assert_int_lt(clock_deadline(INT32_MAX), CLOCK_NEVER);
}
END_TEST

START_TEST(a_deadline_is_what_poll_waits)
{
	int64_t now = clock_monotonic_ms();

	ck_assert_int_eq(clock_poll_timeout(CLOCK_NEVER), -1);
	ck_assert_int_eq(clock_poll_timeout(now), 0);
	ck_assert_int_eq(clock_poll_timeout(0), 0);
	ck_assert_int_eq(clock_poll_timeout(CLOCK_NEVER - 1), INT_MAX);
	ck_assert_int_gt(clock_poll_timeout(now + 60000), 0);
	ck_assert_int_le(clock_poll_timeout(now + 60000), 60000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *clock = tcase_create("clock");

	tcase_add_test(clock, the_monotonic_clock_never_goes_back);
	tcase_add_test(clock, the_wall_clock_tells_the_time_of_day);
	tcase_add_test(clock, a_stamp_is_right_after_2038_too);
	tcase_add_test(clock, a_timeout_has_a_deadline_and_a_negative_one_none);
	tcase_add_test(clock, a_deadline_is_what_poll_waits);
	suite_add_tcase(suite, clock);
	return suite_run(suite);
}
