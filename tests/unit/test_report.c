/* SPDX-License-Identifier: MIT */
#include "device/report.h"
#include "suite.h"

static struct report report;
static uint64_t kept_back;

static void start(void)
{
	report = (struct report){0};
	kept_back = 77;
}

static bool due(enum report_kind kind, int64_t now_ms)
{
	return report_due(&report, kind, now_ms, &kept_back);
}

START_TEST(the_first_of_a_kind_is_told)
{
	ck_assert(due(REPORT_TOO_LONG, 5));
	ck_assert_uint_eq(kept_back, 0);
}
END_TEST

START_TEST(more_of_a_kind_wait_for_a_second_and_are_counted)
{
	ck_assert(due(REPORT_TOO_LONG, 5));
	ck_assert(!due(REPORT_TOO_LONG, 5));
	ck_assert(!due(REPORT_TOO_LONG, 1004));
	ck_assert(due(REPORT_TOO_LONG, 1005));
	ck_assert_uint_eq(kept_back, 2);
	ck_assert(!due(REPORT_TOO_LONG, 1006));
	ck_assert(due(REPORT_TOO_LONG, 9000));
	ck_assert_uint_eq(kept_back, 1);
}
END_TEST

START_TEST(kinds_do_not_wait_for_each_other)
{
	ck_assert(due(REPORT_TOO_LONG, 5));
	ck_assert(due(REPORT_MALFORMED, 5));
	ck_assert(!due(REPORT_MALFORMED, 6));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, the_first_of_a_kind_is_told);
	tcase_add_test(tcase, more_of_a_kind_wait_for_a_second_and_are_counted);
	tcase_add_test(tcase, kinds_do_not_wait_for_each_other);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
