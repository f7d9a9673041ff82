/* SPDX-License-Identifier: MIT
 *
 * Bytes into lines: whatever a port brings, the line after the next newline is
 * read as it was sent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "device/line.h"
#include "suite.h"

enum { LATER_MS = 10 * LINE_SETTLE_MS, LINES_MAX = 64 };

static struct line_splitter splitter;
static struct {
	enum line_fault fault;
	bool may_be_cut;
	char text[LINE_SIZE_MAX + 1];
} lines[LINES_MAX];
static size_t count;

static void start(void)
{
	line_start(&splitter, 0);
	count = 0;
}

static void feed_at(int64_t now_ms, const char *bytes, size_t size)
{
	struct line line;

	while (line_next(&splitter, &bytes, &size, now_ms, &line)) {
		ck_assert_uint_lt(count, LINES_MAX);
		/* What is no text may have a NUL within. */
		ck_assert(line.fault == LINE_CONTROL || strlen(line.text) == line.size);
		ck_assert_int_eq(line.text[line.size], '\0');
		lines[count].fault = line.fault;
		lines[count].may_be_cut = line.may_be_cut;
		strcpy(lines[count++].text, line.text);
	}
	ck_assert_uint_eq(size, 0);
}

static void feed(const char *text)
{
	feed_at(LATER_MS, text, strlen(text));
}

static void assert_good(size_t index, const char *text)
{
	ck_assert_uint_lt(index, count);
	ck_assert_int_eq(lines[index].fault, LINE_GOOD);
	ck_assert_str_eq(lines[index].text, text);
}

START_TEST(lines_end_with_lf_crlf_or_lfcr)
{
	feed("one\ntwo\r\nthree\n\rfour\n");
	ck_assert_uint_eq(count, 4);
	assert_good(0, "one");
	assert_good(1, "two");
	assert_good(2, "three");
	assert_good(3, "four");
}
END_TEST

START_TEST(empty_lines_are_passed_over)
{
	feed("\n\r\n\n\none\n\n");
	ck_assert_uint_eq(count, 1);
	assert_good(0, "one");
}
END_TEST

START_TEST(a_line_waits_for_its_newline)
{
	feed("temperature:2");
	ck_assert_uint_eq(count, 0);
	feed("3.5");
	ck_assert_uint_eq(count, 0);
	feed("\n");
	assert_good(0, "temperature:23.5");
}
END_TEST

START_TEST(lines_are_the_same_however_they_are_split)
{
	static const char text[] = "temp:23.5 °C\r\nµ:1\n#日本語 😀\nend:1\n";

	for (size_t cut = 0; cut < sizeof text; cut++) {
		start();
		feed_at(LATER_MS, text, cut);
		feed_at(LATER_MS, text + cut, sizeof text - 1 - cut);
		ck_assert_uint_eq(count, 4);
		assert_good(0, "temp:23.5 °C");
		assert_good(1, "µ:1");
		assert_good(2, "#日本語 😀");
		assert_good(3, "end:1");
	}
}
END_TEST

START_TEST(a_line_of_1024_bytes_is_good)
{
	char text[LINE_SIZE_MAX + 1];

	memset(text, 'x', LINE_SIZE_MAX);
	text[LINE_SIZE_MAX] = '\0';
	feed(text);
	feed("\r\n");
	feed(text);
	feed("\n");
	ck_assert_uint_eq(count, 2);
	assert_good(0, text);
	assert_good(1, text);
}
END_TEST

START_TEST(an_overlong_line_is_told_once_and_the_next_one_is_good)
{
	char text[LINE_SIZE_MAX + 2];

	memset(text, 'x', LINE_SIZE_MAX + 1);
	text[LINE_SIZE_MAX + 1] = '\0';
	feed(text);
	feed("\ngood:1\n");
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(lines[0].fault, LINE_TOO_LONG);
	assert_good(1, "good:1");
}
END_TEST

START_TEST(ten_megabytes_without_a_newline_are_one_line_told_at_once)
{
	static char bytes[4096];

	memset(bytes, 'x', sizeof bytes);
	feed_at(LATER_MS, bytes, sizeof bytes);
	ck_assert_uint_eq(count, 1);
	for (int i = 0; i < 10 * 256; i++)
		feed_at(LATER_MS, bytes, sizeof bytes);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(lines[0].fault, LINE_TOO_LONG);
	feed("\ngood:1\n");
	ck_assert_uint_eq(count, 2);
	assert_good(1, "good:1");
}
END_TEST

START_TEST(an_overlong_line_with_its_newline_in_one_piece_is_one_line)
{
	static char bytes[3000];

	memset(bytes, 'x', sizeof bytes);
	bytes[2000] = '\n';
	memcpy(bytes + 2001, "good:1\n", 7);
	feed_at(LATER_MS, bytes, 2008);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(lines[0].fault, LINE_TOO_LONG);
	assert_good(1, "good:1");
}
END_TEST

START_TEST(control_bytes_make_a_line_bad_but_tabs_do_not)
{
	feed_at(LATER_MS, "a\0b\n", 4);
	feed("a\x1b[0m\nc\x7f\na\rb\na\tb\n");
	ck_assert_uint_eq(count, 5);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(lines[i].fault, LINE_CONTROL);
	assert_good(4, "a\tb");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_make_a_line_bad)
{
	feed("t:23\xb0"
	     "C\n\xc3\n\xed\xa0\x80\n\xc3\xa9\n");
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(lines[i].fault, LINE_NOT_UTF8);
	assert_good(3, "é");
}
END_TEST

START_TEST(a_first_line_that_comes_at_once_may_be_cut)
{
	feed_at(LINE_SETTLE_MS - 1, "perature:23.5\nhumidity:40\n", 26);
	ck_assert_uint_eq(count, 2);
	ck_assert(lines[0].may_be_cut);
	ck_assert(!lines[1].may_be_cut);
}
END_TEST

START_TEST(a_first_line_that_comes_later_is_whole)
{
	feed_at(LINE_SETTLE_MS, "temperature:23.5\n", 17);
	ck_assert(!lines[0].may_be_cut);
}
END_TEST

START_TEST(what_counts_is_when_the_first_byte_came)
{
	feed_at(1, "p", 1);
	feed_at(LATER_MS, "erature:23.5\n", 13);
	ck_assert(lines[0].may_be_cut);
}
END_TEST

START_TEST(after_a_newline_no_line_may_be_cut)
{
	feed_at(1, "\ntemperature:23.5\n", 18);
	ck_assert_uint_eq(count, 1);
	ck_assert(!lines[0].may_be_cut);
}
END_TEST

START_TEST(opening_anew_forgets_what_was_begun)
{
	feed("temperature:2");
	line_start(&splitter, LATER_MS);
	feed_at(2 * LATER_MS, "humidity:40\n", 12);
	ck_assert_uint_eq(count, 1);
	assert_good(0, "humidity:40");
}
END_TEST

/* Noise of every kind, in pieces of every size, and a newline before each good line. */
START_TEST(noise_never_costs_a_good_line)
{
	uint32_t state = (uint32_t)_i * 2654435761u + 1;
	static char bytes[8192];

	for (int round = 0; round < 50; round++) {
		size_t size = 0;
		start();
		state = state * 1664525u + 1013904223u;
		size_t noise = (state >> 8) % 4000;
		for (; size < noise; size++) {
			state = state * 1664525u + 1013904223u;
			char byte = (char)(state >> 16);
			bytes[size] = byte == '\n' ? 'n' : byte;
		}
		memcpy(bytes + size, "\ngood:1\n", 8);
		size += 8;
		for (size_t at = 0; at < size;) {
			state = state * 1664525u + 1013904223u;
			size_t piece = 1 + (state >> 8) % 700;
			if (piece > size - at)
				piece = size - at;
			feed_at(LATER_MS, bytes + at, piece);
			at += piece;
		}
		assert_good(count - 1, "good:1");
		ck_assert_uint_le(count, 2);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("line");
	TCase *tcase = tcase_create("splitter");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, lines_end_with_lf_crlf_or_lfcr);
	tcase_add_test(tcase, empty_lines_are_passed_over);
	tcase_add_test(tcase, a_line_waits_for_its_newline);
	tcase_add_test(tcase, lines_are_the_same_however_they_are_split);
	tcase_add_test(tcase, a_line_of_1024_bytes_is_good);
	tcase_add_test(tcase, an_overlong_line_is_told_once_and_the_next_one_is_good);
	tcase_add_test(tcase, ten_megabytes_without_a_newline_are_one_line_told_at_once);
	tcase_add_test(tcase, an_overlong_line_with_its_newline_in_one_piece_is_one_line);
	tcase_add_test(tcase, control_bytes_make_a_line_bad_but_tabs_do_not);
	tcase_add_test(tcase, bytes_that_are_not_utf8_make_a_line_bad);
	tcase_add_test(tcase, a_first_line_that_comes_at_once_may_be_cut);
	tcase_add_test(tcase, a_first_line_that_comes_later_is_whole);
	tcase_add_test(tcase, what_counts_is_when_the_first_byte_came);
	tcase_add_test(tcase, after_a_newline_no_line_may_be_cut);
	tcase_add_test(tcase, opening_anew_forgets_what_was_begun);
	tcase_add_loop_test(tcase, noise_never_costs_a_good_line, 0, 20);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
