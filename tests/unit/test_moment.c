/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "suite.h"
#include "tls/x509/moment.h"

static char folder[64];
static char path[128];
static struct moment_clock the_clock;

/* The suite runs after 2020, and its library was built before it runs. */
#define IN_2020 INT64_C(1577836800)
#define YEAR INT64_C(31536000)

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/clock", folder);
	the_clock = (struct moment_clock){.file = path, .floor = true};
}

static void stop(void)
{
	unlink(path);
	/* Nothing is left beside it. */
	ck_assert_int_eq(rmdir(folder), 0);
}

static int64_t now(void)
{
	return clock_wall_ms() / 1000;
}

static void write_clock(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static const char *read_clock(void)
{
	static char text[256];
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return "";
	size_t size = fread(text, 1, sizeof text - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

START_TEST(dates_are_those_of_the_calendar)
{
	char text[MOMENT_TEXT_SIZE];

	for (int64_t moment = 0; moment < 400 * YEAR; moment += 86400 * 5 + 4711) {
		struct tm tm;
		char expected[64];
		time_t seconds = (time_t)moment;
		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof expected, "%Y-%m-%d %H:%M:%S UTC", &tm);
		moment_text(moment, text);
		ck_assert_str_eq(text, expected);
		ck_assert_int_eq(moment_of(&(struct moment_parts){tm.tm_year + 1900, tm.tm_mon + 1,
								  tm.tm_mday, tm.tm_hour, tm.tm_min,
								  tm.tm_sec}),
				 moment);
	}
	moment_text(INT64_MAX, text);
	ck_assert_str_eq(text, "9999-12-31 23:59:59 UTC");
	moment_text(-5, text);
	ck_assert_str_eq(text, "1970-01-01 00:00:00 UTC");
	ck_assert_int_lt(moment_of(&(struct moment_parts){1950, 1, 1, 0, 0, 0}), 0);
	moment_of(&(struct moment_parts){0});
}
END_TEST

START_TEST(without_a_floor_it_is_the_systems_time)
{
	the_clock.floor = false;
	moment_keep(&the_clock, now() + YEAR);
	struct moment moment = moment_now(&the_clock);
	ck_assert_int_le(llabs(moment.now - now()), 5);
	ck_assert(!moment_is_floored(&moment));
}
END_TEST

START_TEST(time_does_not_fall_behind_what_was_kept)
{
	int64_t later = now() + YEAR;

	moment_keep(&the_clock, later);
	struct moment moment = moment_now(&the_clock);
	ck_assert_int_eq(moment.now, later);
	ck_assert(moment_is_floored(&moment));
	ck_assert_int_le(llabs(moment.system - now()), 5);
}
END_TEST

START_TEST(a_system_ahead_of_what_was_kept_is_right)
{
	moment_keep(&the_clock, IN_2020);
	struct moment moment = moment_now(&the_clock);
	ck_assert(!moment_is_floored(&moment));
	ck_assert_int_le(llabs(moment.now - now()), 5);
}
END_TEST

START_TEST(the_file_can_be_read_by_people)
{
	struct stat file;
	mode_t before = umask(077);

	moment_keep(&the_clock, INT64_C(1795449911));
	umask(before);
	ck_assert_str_eq(read_clock(), "1795449911 2026-11-23 16:05:11 UTC\n");
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_int_eq(file.st_mode & 0777, 0644);
}
END_TEST

START_TEST(it_is_written_once_a_minute_and_never_back)
{
	moment_keep(&the_clock, IN_2020);
	moment_keep(&the_clock, IN_2020 + 60);
	moment_keep(&the_clock, IN_2020 - YEAR);
	ck_assert_str_eq(read_clock(), "1577836800 2020-01-01 00:00:00 UTC\n");
	moment_keep(&the_clock, IN_2020 + 61);
	ck_assert_str_eq(read_clock(), "1577836861 2020-01-01 00:01:01 UTC\n");
}
END_TEST

START_TEST(a_damaged_file_is_ignored_and_mended)
{
	static const char *const damaged[] = {
		"",
		"\n",
		"later\n",
		"-1 1969-12-31 23:59:59 UTC\n",
		"3000000000 2026-11-23 16:05:11 UTC\n", /* the two differ */
		"3000000000\n",
		"3000000000 2065-01-24 05:20:00 UTC", /* its end is missing */
		"99999999999999999999999 9999-12-31 23:59:59 UTC\n",
		"253402300799 9999-12-31 23:59:59 UTC\n", /* absurd */
		"3000000000 2065-01-24 05:20:00 UTC\nand so on, for longer than any line is\n"};

	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		write_clock(damaged[i]);
		struct moment moment = moment_now(&the_clock);
		ck_assert_msg(!moment_is_floored(&moment), "%s", damaged[i]);
		moment_keep(&the_clock, IN_2020);
		ck_assert_str_eq(read_clock(), "1577836800 2020-01-01 00:00:00 UTC\n");
	}
}
END_TEST

START_TEST(an_absurd_moment_is_not_kept)
{
	moment_keep(&the_clock, now() + 100 * YEAR);
	moment_keep(&the_clock, INT64_MAX);
	moment_keep(&the_clock, -1);
	ck_assert_str_eq(read_clock(), "");
}
END_TEST

START_TEST(a_place_that_cannot_be_written_does_not_matter)
{
	char inner[160];

	the_clock.file = "/nowhere/at/all";
	moment_keep(&the_clock, now());
	snprintf(inner, sizeof inner, "%s/inner", folder);
	ck_assert_int_eq(mkdir(inner, 0700), 0);
	the_clock.file = inner;
	moment_keep(&the_clock, now());
	struct moment moment = moment_now(&the_clock);
	ck_assert(!moment_is_floored(&moment));
	ck_assert_int_eq(rmdir(inner), 0);
	the_clock.file = "";
	moment_keep(&the_clock, now());
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	the_clock.file = path;
	moment = moment_now(&the_clock);
	ck_assert(!moment_is_floored(&moment));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("moment");
	TCase *tests = tcase_create("moment");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, dates_are_those_of_the_calendar);
	tcase_add_test(tests, without_a_floor_it_is_the_systems_time);
	tcase_add_test(tests, time_does_not_fall_behind_what_was_kept);
	tcase_add_test(tests, a_system_ahead_of_what_was_kept_is_right);
	tcase_add_test(tests, the_file_can_be_read_by_people);
	tcase_add_test(tests, it_is_written_once_a_minute_and_never_back);
	tcase_add_test(tests, a_damaged_file_is_ignored_and_mended);
	tcase_add_test(tests, an_absurd_moment_is_not_kept);
	tcase_add_test(tests, a_place_that_cannot_be_written_does_not_matter);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
