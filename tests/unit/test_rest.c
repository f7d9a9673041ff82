/* SPDX-License-Identifier: MIT
 *
 * When a port is read: boards that talk, and a poller that reads them, in a time of their own.
 */
#include "device/rest.h"
#include "suite.h"

enum { MOMENT = REST_MOMENT_MS, BEGIN = 1000 * MOMENT };

static struct rest rest;

static void start(void)
{
	rest = (struct rest){0};
}

static bool rests(int64_t now_ms)
{
	return now_ms < rest.until_ms;
}

START_TEST(a_line_that_comes_alone_is_read_at_once)
{
	for (int64_t now = BEGIN; now < BEGIN + 100 * MOMENT; now += MOMENT) {
		ck_assert(!rests(now));
		rest_after_lines(&rest, 9, now);
	}
}
END_TEST

START_TEST(what_follows_on_a_line_alone_is_read_at_once)
{
	rest_after_lines(&rest, 9, BEGIN + 1);
	ck_assert(!rests(BEGIN + 1));
	rest_after_lines(&rest, 9, BEGIN + 2);
	ck_assert(rests(BEGIN + 2));
}
END_TEST

/* A line a millisecond: how many reads are made of them, and how long each waits. */
START_TEST(a_board_that_never_pauses_is_read_once_a_moment)
{
	const int64_t end = BEGIN + 500 * MOMENT;
	int64_t oldest = BEGIN;
	size_t reads = 0;

	for (int64_t now = BEGIN; now < end; now++) {
		if (rests(now))
			continue;
		ck_assert_int_lt(now - oldest, MOMENT);
		rest_after_lines(&rest, 9 * (size_t)(now - oldest + 1), now);
		oldest = now + 1;
		reads++;
	}
	ck_assert_uint_le(reads, 501);
}
END_TEST

START_TEST(ports_that_rest_are_read_at_the_same_moment)
{
	struct rest other = {0};

	rest_after_lines(&rest, 9, BEGIN + 1);
	rest_after_lines(&rest, 9, BEGIN + 3);
	rest_after_lines(&other, 9, BEGIN + 5);
	rest_after_lines(&other, 9, BEGIN + MOMENT - 1);
	ck_assert_int_eq(rest.until_ms, BEGIN + MOMENT);
	ck_assert_int_eq(other.until_ms, BEGIN + MOMENT);
}
END_TEST

/* The poller that comes late does not rest longer for it. */
START_TEST(rests_do_not_add_up)
{
	int64_t now = BEGIN;

	for (int i = 0; i < 1000; i++) {
		rest_after_lines(&rest, 9, now);
		ck_assert_int_le(rest.until_ms, now + MOMENT);
		now += MOMENT + i % 7;
	}
}
END_TEST

START_TEST(who_brings_more_than_a_terminal_should_hold_is_read_as_it_comes)
{
	int64_t now = BEGIN;

	rest_after_lines(&rest, REST_BYTES_MAX, now);
	rest_after_lines(&rest, REST_BYTES_MAX, ++now);
	ck_assert(rests(now));
	now += MOMENT;
	rest_after_lines(&rest, REST_BYTES_MAX + 1, now);
	for (int64_t end = now + REST_HASTE_MS; now < end; now++) {
		ck_assert(!rests(now));
		rest_after_lines(&rest, 9, now);
	}
	rest_after_lines(&rest, 9, now);
	ck_assert(rests(now));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rest");
	TCase *tcase = tcase_create("rest");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, a_line_that_comes_alone_is_read_at_once);
	tcase_add_test(tcase, what_follows_on_a_line_alone_is_read_at_once);
	tcase_add_test(tcase, a_board_that_never_pauses_is_read_once_a_moment);
	tcase_add_test(tcase, ports_that_rest_are_read_at_the_same_moment);
	tcase_add_test(tcase, rests_do_not_add_up);
	tcase_add_test(tcase, who_brings_more_than_a_terminal_should_hold_is_read_as_it_comes);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
