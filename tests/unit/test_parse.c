/* SPDX-License-Identifier: MIT
 *
 * Bare values and the headers that name them, and what is in no form.
 */
#include <locale.h>

#include "reads.h"

START_TEST(bare_values_without_names_are_numbered)
{
	assert_reads("23.5", "value=23.5[]");
	assert_reads("23.5 C", "value=23.5[Cel]");
	assert_reads("1,2,3", "value1=1[] value2=2[] value3=3[]");
	assert_reads("1 2\t3", "value1=1[] value2=2[] value3=3[]");
	assert_reads("1 , 2;3", "value1=1[] value2=2[] value3=3[]");
	assert_reads("23.5C,40%", "value1=23.5[Cel] value2=40[%]");
	assert_reads("23.5 C 40 %", "value1=23.5[Cel] value2=40[%]");
}
END_TEST

START_TEST(a_missing_value_is_left_out)
{
	assert_reads("1,,3", "value1=1[] value3=3[]");
	assert_reads(",2", "value2=2[]");
	assert_reads("1,2,", "value1=1[] value2=2[]");
	assert_reads("1,nan,3", "value1=1[] value3=3[]");
	ck_assert_str_eq(parsed.readings.first_not_number.text, "value2");
}
END_TEST

START_TEST(malformed_values_spoil_the_whole_line)
{
	assert_refused("1,2x3,four five", "'four' is not a number");
	assert_refused("1,two", "'two' is not a number");
	assert_refused("1 2,3", "a comma is missing before '2,3'");
	assert_refused("2 devices found", "'devices'");
	assert_refused("0x10", "'0x10'");
}
END_TEST

START_TEST(a_header_line_names_the_columns)
{
	assert_header("temperature,humidity");
	assert_reads("23.5,40", "temperature=23.5[] humidity=40[]");
	ck_assert(!parsed.header_was_noise);
	assert_reads("24,41", "temperature=24[] humidity=41[]");
	assert_header("a\tb");
	assert_reads("1\t2", "a=1[] b=2[]");
	assert_header("temp humidity");
	assert_reads("1 2", "temp=1[] humidity=2[]");
	assert_header("voltage");
	assert_reads("3.3", "voltage=3.3[]");
}
END_TEST

START_TEST(a_header_line_may_have_units)
{
	assert_header("Air temperature (°C),Humidity [%]");
	assert_reads("23.5,40", "Air temperature=23.5[Cel] Humidity=40[%]");
	assert_reads("296 K,40", "Air temperature=296[K] Humidity=40[%]");
}
END_TEST

START_TEST(a_comment_may_stand_between_a_header_and_its_values)
{
	assert_header("a,b");
	read_line("# calibrating");
	ck_assert(!parsed.header_was_noise);
	assert_reads("1,2", "a=1[] b=2[]");
}
END_TEST

START_TEST(words_that_no_values_follow_were_noise)
{
	assert_header("Ready");
	assert_reads("t:1", "t=1[]");
	ck_assert(parsed.header_was_noise);
	assert_reads("5", "value=5[]");
	assert_header("Hello world");
	assert_reads("5", "value=5[]");
	ck_assert(parsed.header_was_noise);
	assert_header("one");
	assert_header("two");
	ck_assert(parsed.header_was_noise);
	assert_refused("{", "JSON");
	ck_assert(parsed.header_was_noise);
	assert_refused("{", "JSON");
	ck_assert(!parsed.header_was_noise);
}
END_TEST

START_TEST(noise_does_not_take_the_names_away)
{
	assert_header("a,b");
	assert_reads("1,2", "a=1[] b=2[]");
	assert_header("oops");
	assert_reads("3,4", "a=3[] b=4[]");
}
END_TEST

START_TEST(the_wrong_count_of_values_is_refused_with_both)
{
	assert_header("a,b,c");
	assert_reads("1,2,3", "a=1[] b=2[] c=3[]");
	assert_refused("1,2", "2 values, but there are 3 columns (a to c)");
	assert_refused("1,2,3,4", "4 values");
	assert_reads("1,2,3", "a=1[] b=2[] c=3[]");
}
END_TEST

START_TEST(given_columns_are_not_changed_by_header_lines)
{
	struct columns columns;

	ck_assert_int_eq(columns_parse("temperature,humidity", &columns), IOTKIT_OK);
	parser_start(&parser, &columns);
	assert_header("a,b");
	assert_reads("1,2", "temperature=1[] humidity=2[]");
	ck_assert(!parsed.header_was_noise);
	assert_refused("1", "1 values, but there are 2 columns");
}
END_TEST

START_TEST(names_survive_the_reopening_of_a_port_but_waiting_headers_do_not)
{
	assert_header("a,b");
	assert_reads("1,2", "a=1[] b=2[]");
	assert_header("c,d");
	parser_reopen(&parser);
	assert_reads("1,2", "a=1[] b=2[]");
	ck_assert(!parsed.header_was_noise);
}
END_TEST

START_TEST(sentences_are_refused_with_the_ways_out)
{
	assert_header("pm2.5 temp");
	assert_refused("Initializing SD card...", "name:value pairs, a JSON object");
	assert_refused("failed!", "'failed!' is not understood");
	assert_refused("-", "not understood");
}
END_TEST

START_TEST(comments_are_handed_on_without_their_sign)
{
	read_line("#  starting up: v1.2  ");
	ck_assert_int_eq(parsed.kind, PARSED_COMMENT);
	ck_assert_str_eq(parsed.text, "starting up: v1.2");
	read_line("\t#");
	ck_assert_int_eq(parsed.kind, PARSED_COMMENT);
	ck_assert_str_eq(parsed.text, "");
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
	const char *german = setlocale(LC_ALL, "de_DE.UTF-8");

	if (german == NULL)
		german = setlocale(LC_ALL, "de_DE.utf8");
	assert_reads("t:23.5", "t=23.5[]");
	assert_reads("{\"t\":23.5}", "t=23.5[]");
	setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(quotes_in_sentences_are_cut_between_characters)
{
	char line[600] = "!";

	for (int i = 0; i < 100; i++)
		strcat(line, "°");
	assert_refused(line, "°...'");
	ck_assert_uint_lt(strlen(iotkit_last_error()), 300);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parse");
	TCase *tcase = tcase_create("parse");

	tcase_add_checked_fixture(tcase, start_parser, NULL);
	tcase_add_test(tcase, bare_values_without_names_are_numbered);
	tcase_add_test(tcase, a_missing_value_is_left_out);
	tcase_add_test(tcase, malformed_values_spoil_the_whole_line);
	tcase_add_test(tcase, a_header_line_names_the_columns);
	tcase_add_test(tcase, a_header_line_may_have_units);
	tcase_add_test(tcase, a_comment_may_stand_between_a_header_and_its_values);
	tcase_add_test(tcase, words_that_no_values_follow_were_noise);
	tcase_add_test(tcase, noise_does_not_take_the_names_away);
	tcase_add_test(tcase, the_wrong_count_of_values_is_refused_with_both);
	tcase_add_test(tcase, given_columns_are_not_changed_by_header_lines);
	tcase_add_test(tcase, names_survive_the_reopening_of_a_port_but_waiting_headers_do_not);
	tcase_add_test(tcase, sentences_are_refused_with_the_ways_out);
	tcase_add_test(tcase, comments_are_handed_on_without_their_sign);
	tcase_add_test(tcase, the_locale_does_not_matter);
	tcase_add_test(tcase, quotes_in_sentences_are_cut_between_characters);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
