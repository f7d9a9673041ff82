/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metric/number.h"
#include "suite.h"

enum { RANDOM_DOUBLES = 1000000, RANDOM_DECIMALS = 50000 };

static void assert_formats(double value, const char *expected)
{
	char text[NUMBER_TEXT_SIZE];
	size_t length = number_format(value, text);

	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(length, strlen(expected));
}

/* Reads all of the text but the rest. */
static void assert_parses(const char *text, double expected, const char *rest)
{
	double value = NAN;
	const char *end = NULL;

	ck_assert_msg(number_parse(text, &value, &end), "'%s' is a number", text);
	ck_assert_double_eq(value, expected);
	ck_assert_str_eq(end, rest);
}

static void assert_same_after_round_trip(double value)
{
	char text[NUMBER_TEXT_SIZE];
	double back = NAN;
	const char *end = NULL;

	number_format(value, text);
	bool read = number_parse(text, &back, &end) && *end == '\0';
	if (!read || memcmp(&back, &value, sizeof value) != 0)
		ck_abort_msg("%a became '%s'", value, text);
}

START_TEST(what_a_sensor_says_is_short)
{
	assert_formats(23.5, "23.5");
	assert_formats(0.1, "0.1");
	assert_formats(-40, "-40");
	assert_formats(1.0 / 3, "0.3333333333333333");
	assert_formats(0.1 + 0.2, "0.30000000000000004");
}
END_TEST

START_TEST(zero_has_no_sign)
{
	assert_formats(0.0, "0");
	assert_formats(-0.0, "0");
}
END_TEST

START_TEST(whole_numbers_below_1e15_have_no_exponent)
{
	assert_formats(100000, "100000");
	assert_formats(1000000, "1000000");
	assert_formats(1700000000.0, "1700000000");
	assert_formats(999999999999999.0, "999999999999999");
	assert_formats(1e15, "1e+15");
	assert_formats(9007199254740993.0, "9007199254740992");
	assert_formats(999999999999999.9, "999999999999999.9");
	assert_formats(0.0001, "0.0001");
	assert_formats(0.00012345, "0.00012345");
	assert_formats(0.00001, "1e-05");
}
END_TEST

START_TEST(the_ends_of_the_range_read_back)
{
	static const double ends[] = {5e-324,
				      2.2250738585072009e-308,
				      2.2250738585072014e-308,
				      1.7976931348623157e308,
				      -1.7976931348623157e308,
				      4.9e-5};

	assert_formats(5e-324, "5e-324");
	assert_formats(1.7976931348623157e308, "1.7976931348623157e+308");
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		assert_same_after_round_trip(ends[i]);
}
END_TEST

START_TEST(whole_numbers_have_all_their_digits)
{
	char text[NUMBER_TEXT_SIZE];

	ck_assert_uint_eq(number_format_whole(0, text), 1);
	ck_assert_str_eq(text, "0");
	ck_assert_uint_eq(number_format_whole(UINT64_MAX, text), 20);
	ck_assert_str_eq(text, "18446744073709551615");
}
END_TEST

/* xorshift64, so that a failure comes again. */
static uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Any bits, so all magnitudes alike. */
static double random_double(uint64_t *state)
{
	double value;

	do {
		uint64_t bits = random_bits(state);
		memcpy(&value, &bits, sizeof value);
	} while (!isfinite(value));
	return value;
}

START_TEST(a_million_random_doubles_read_back)
{
	uint64_t state = 88172645463325252u;

	for (int i = 0; i < RANDOM_DOUBLES; i++)
		assert_same_after_round_trip(random_double(&state));
}
END_TEST

/* Of 1 to 19 digits, with a point among them or an exponent. */
static void random_decimal(uint64_t *state, char text[64])
{
	char digits[24];
	int size = 1 + (int)(random_bits(state) % 19);
	int whole = (int)(random_bits(state) % (unsigned)(size + 1));
	int exponent = (int)(random_bits(state) % 60) - 30;

	snprintf(digits, sizeof digits, "%019llu",
		 (unsigned long long)(random_bits(state) % UINT64_C(10000000000000000000)));
	if (random_bits(state) % 2 == 0)
		snprintf(text, 64, "%.*s.%.*s", whole, digits, size - whole, digits + whole);
	else
		snprintf(text, 64, "-%.*se%d", size, digits, exponent);
}

/* The first of 15, 16 and 17 digits that reads back, by the C library. */
static void format_by_library(double value, char *text)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, NUMBER_TEXT_SIZE, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
}

START_TEST(decimals_are_read_and_written_as_the_c_library_does)
{
	uint64_t state = 88172645463325252u;
	char text[64];
	char expected[NUMBER_TEXT_SIZE];

	for (int i = 0; i < RANDOM_DECIMALS; i++) {
		random_decimal(&state, text);
		double value = strtod(text, NULL);
		assert_parses(text, value, "");
		if (value == 0.0) /* whose sign is dropped */
			continue;
		const double near[] = {value, nextafter(value, INFINITY), (float)value};
		for (size_t j = 0; j < sizeof near / sizeof near[0]; j++) {
			format_by_library(near[j], expected);
			assert_formats(near[j], expected);
		}
	}
}
END_TEST

START_TEST(short_decimals_stay_as_they_are)
{
	for (int i = 1; i < 100000; i++) {
		char expected[NUMBER_TEXT_SIZE];
		snprintf(expected, sizeof expected, "%d.%03d", i / 1000, i % 1000);
		for (size_t end = strlen(expected); expected[end - 1] == '0'; end--)
			expected[end - 1] = '\0';
		if (expected[strlen(expected) - 1] == '.')
			expected[strlen(expected) - 1] = '\0';
		assert_formats(i / 1000.0, expected);
	}
}
END_TEST

START_TEST(decimal_numbers_are_read_to_their_end)
{
	assert_parses("23.5", 23.5, "");
	assert_parses("-1", -1, "");
	assert_parses("+7", 7, "");
	assert_parses(".5", 0.5, "");
	assert_parses("5.", 5, "");
	assert_parses("-.5e1", -5, "");
	assert_parses("1e3,2", 1000, ",2");
	assert_parses("1E-3", 0.001, "");
	assert_parses("007", 7, "");
	assert_parses("1e-400", 0, "");
	assert_parses("0e400", 0, "");
	assert_parses("0.000000000000000000000000000000", 0, "");
	assert_parses("9007199254740993", 9007199254740992, "");
	assert_parses("9007199254740993.0000000001", 9007199254740994, "");
	assert_parses("1e22", 1e22, "");
	assert_parses("1e23", 1e23, "");
	assert_parses("1e-22", 1e-22, "");
}
END_TEST

START_TEST(what_follows_a_number_is_left)
{
	assert_parses("23.5C", 23.5, "C");
	assert_parses("23,5", 23, ",5");
	assert_parses("1.2.3", 1.2, ".3");
	assert_parses("5eV", 5, "eV");
	assert_parses("5e", 5, "e");
	assert_parses("5e+", 5, "e+");
	assert_parses("1-2", 1, "-2");
	assert_parses("12 ", 12, " ");
}
END_TEST

START_TEST(hexadecimal_is_a_zero_and_a_rest)
{
	assert_parses("0x1f", 0, "x1f");
	assert_parses("-0X1p3", -0.0, "X1p3");
	assert_parses("10x1", 10, "x1");
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
	static const char *const texts[] = {"",       " 1", "+",   "-",   "--1",     "+-1",  ".",
					    "-.",     "e5", ".e5", "inf", "nan",     "-inf", "NAN",
					    "nan(1)", "x",  "\t1", ",5",  "infinity"};
	double value = 42;
	const char *end = NULL;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(!number_parse(texts[i], &value, &end), "'%s' is none", texts[i]);
	ck_assert_double_eq(value, 42);
	ck_assert_ptr_null(end);
}
END_TEST

START_TEST(what_no_double_can_hold_is_refused)
{
	char many[402];
	double value;
	const char *end;

	memset(many, '9', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	ck_assert(!number_parse("1e400", &value, &end));
	ck_assert(!number_parse("-1e309", &value, &end));
	ck_assert(!number_parse(many, &value, &end));
}
END_TEST

/* ---- A process whose decimal point is a comma ---- */

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *level)
{
	(void)info;
	(void)type;
	(void)level;
	return remove(path);
}

/* Sets a locale with a decimal comma, made into directory if the system has none. */
static bool set_german(char *directory)
{
	char command[256];

	if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
		return true;
	snprintf(command, sizeof command,
		 "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", directory);
	if (system(command) != 0)
		return false;
	setenv("LOCPATH", directory, 1);
	return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

START_TEST(the_locale_of_the_application_does_not_matter)
{
	char directory[] = "/tmp/iotkit-locale-XXXXXX";
	char comma[8];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	bool german = set_german(directory);
	snprintf(comma, sizeof comma, "%.1f", 0.5);
	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	if (german) {
		ck_assert_str_eq(comma, "0,5");
		assert_formats(23.5, "23.5");
		assert_parses("23.5", 23.5, "");
		assert_parses("23,5", 23, ",5");
		snprintf(comma, sizeof comma, "%.1f", 0.5);
		ck_assert_str_eq(comma, "0,5");
		setlocale(LC_ALL, "C");
	} else {
		fprintf(stderr, "skipped: no de_DE locale, and localedef cannot make one\n");
	}
	unsetenv("LOCPATH");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("number");
	TCase *format = tcase_create("format");
	TCase *parse = tcase_create("parse");
	TCase *locale = tcase_create("locale");

	tcase_set_timeout(format, 60);
	tcase_add_test(format, what_a_sensor_says_is_short);
	tcase_add_test(format, zero_has_no_sign);
	tcase_add_test(format, whole_numbers_below_1e15_have_no_exponent);
	tcase_add_test(format, whole_numbers_have_all_their_digits);
	tcase_add_test(format, the_ends_of_the_range_read_back);
	tcase_add_test(format, a_million_random_doubles_read_back);
	tcase_add_test(format, decimals_are_read_and_written_as_the_c_library_does);
	tcase_add_test(format, short_decimals_stay_as_they_are);
	tcase_add_test(parse, decimal_numbers_are_read_to_their_end);
	tcase_add_test(parse, what_follows_a_number_is_left);
	tcase_add_test(parse, hexadecimal_is_a_zero_and_a_rest);
	tcase_add_test(parse, what_is_no_number_is_refused);
	tcase_add_test(parse, what_no_double_can_hold_is_refused);
	tcase_set_timeout(locale, 60);
	tcase_add_test(locale, the_locale_of_the_application_does_not_matter);
	suite_add_tcase(suite, format);
	suite_add_tcase(suite, parse);
	suite_add_tcase(suite, locale);
	return suite_run(suite);
}
