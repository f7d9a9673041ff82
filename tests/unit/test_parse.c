/* SPDX-License-Identifier: MIT
 *
 * What lines say. The expected readings are written as "name=value[unit]".
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "device/parse.h"
#include "suite.h"

static struct parser parser;
static struct parsed parsed;

static void start(void)
{
	parser_start(&parser, NULL);
}

static iotkit_status parse(const char *line)
{
	return parse_line(&parser, line, strlen(line), &parsed);
}

/* The readings of a line, as text. */
static const char *read_line(const char *line)
{
	static char text[8192];
	size_t size = 0;

	text[0] = '\0';
	ck_assert_msg(parse(line) == IOTKIT_OK, "%s: %s", line, iotkit_last_error());
	for (size_t i = 0; i < parsed.readings.count; i++) {
		const struct reading *reading = &parsed.readings.items[i];
		size += (size_t)snprintf(text + size, sizeof text - size, "%s%s=%.10g[%s]",
					 i > 0 ? " " : "", reading->name, reading->value,
					 reading->unit);
	}
	return text;
}

static void assert_reads(const char *line, const char *expected)
{
	const char *got = read_line(line);

	ck_assert_msg(strcmp(got, expected) == 0, "'%s' reads as '%s', not '%s'", line, got,
		      expected);
}

static void assert_refused(const char *line, const char *part)
{
	ck_assert_msg(parse(line) == IOTKIT_EFORMAT, "'%s' is not refused", line);
	ck_assert_msg(strstr(iotkit_last_error(), part) != NULL, "'%s' does not contain '%s'",
		      iotkit_last_error(), part);
}

static void assert_header(const char *line)
{
	read_line(line);
	ck_assert_msg(parsed.kind == PARSED_HEADER, "'%s' is no header", line);
}

/* ---- name:value pairs ----------------------------------------------------- */

START_TEST(plotter_lines_are_read)
{
	assert_reads("temperature:23.5,humidity:40", "temperature=23.5[] humidity=40[]");
	assert_reads("temperature:23.5\thumidity:40", "temperature=23.5[] humidity=40[]");
	assert_reads("temperature:23.5 humidity:40", "temperature=23.5[] humidity=40[]");
	assert_reads("temperature: 23.5   humidity: 40", "temperature=23.5[] humidity=40[]");
	assert_reads("t:1;h:2|p:3", "t=1[] h=2[] p=3[]");
	assert_reads("t = 23.5, h=40", "t=23.5[] h=40[]");
	assert_reads("t :23.5", "t=23.5[]");
	assert_reads("  t:23.5\t ", "t=23.5[]");
	assert_reads("t:-0.5,u:+7,v:.5,w:5.,x:1e3,y:-2.5E-2",
		     "t=-0.5[] u=7[] v=0.5[] w=5[] x=1000[] y=-0.025[]");
}
END_TEST

START_TEST(separators_too_many_do_no_harm)
{
	assert_reads("t:1,h:2,", "t=1[] h=2[]");
	assert_reads(",t:1,,h:2 ,\t", "t=1[] h=2[]");
	assert_reads("Temp: 23 C | Hum: 40 %", "Temp=23[Cel] Hum=40[%]");
}
END_TEST

START_TEST(units_are_read_beside_and_apart)
{
	assert_reads("t:23.5C", "t=23.5[Cel]");
	assert_reads("t:23.5 C", "t=23.5[Cel]");
	assert_reads("t:23.5 °C,h:40%", "t=23.5[Cel] h=40[%]");
	assert_reads("t:23.5°C h:40 %", "t=23.5[Cel] h=40[%]");
	assert_reads("t:23.5 C h:40", "t=23.5[Cel] h=40[]");
	assert_reads("t:23.5degC", "t=23.5[Cel]");
	assert_reads("l:300 lux p:1013.2 hPa", "l=300[lx] p=1013.2[hPa]");
	assert_reads("a:9.81 m/s^2", "a=9.81[m/s2]");
	assert_reads("r:5 Ω", "r=5[Ohm]");
	assert_reads("n:5furlongs", "n=5[furlongs]");
	assert_reads("n:5 furlongs, m:6", "n=5[furlongs] m=6[]");
	assert_reads("n:5 furlongs", "n=5[furlongs]");
	assert_reads("Temp (C): 23.5", "Temp=23.5[Cel]");
	assert_reads("Temp [°C]: 23.5 K", "Temp=23.5[K]");
}
END_TEST

START_TEST(a_word_before_a_colon_is_a_name_and_no_unit)
{
	assert_reads("t:23.5 C:4", "t=23.5[] C=4[]");
	assert_reads("t:23.5 h:40", "t=23.5[] h=40[]");
	assert_reads("t:23.5 h : 40", "t=23.5[] h=40[]");
	assert_reads("t:23.5 Heat index:40", "t=23.5[] Heat index=40[]");
	assert_reads("t:23.5,2nd floor:40", "t=23.5[] 2nd floor=40[]");
	assert_reads("t:23.5 infl:40 1st:4", "t=23.5[] infl=40[] 1st=4[]");
}
END_TEST

START_TEST(the_dht_tester_sketch_is_read_unchanged)
{
	assert_reads("Humidity: 45.00%  Temperature: 23.00°C 73.40°F  Heat index: 22.61°C 72.70°F",
		     "Humidity=45[%] Temperature=23[Cel] Temperature_2=73.4[°F] "
		     "Heat index=22.61[Cel] Heat index_2=72.7[°F]");
}
END_TEST

START_TEST(names_may_have_digits_blanks_and_other_scripts)
{
	assert_reads("Sensor 1: 5", "Sensor 1=5[]");
	assert_reads("0:512 1:300", "0=512[] 1=300[]");
	assert_reads("温度:23.5", "温度=23.5[]");
	assert_reads("temperature (inside):1,temperature (outside):2",
		     "temperature (inside)=1[] temperature (outside)=2[]");
	assert_reads("a/b:1", "a/b=1[]");
}
END_TEST

START_TEST(a_malformed_pair_spoils_the_whole_line)
{
	assert_refused("t:23.5,h:", "a value is missing at the end of the line");
	assert_refused("t:,h:40", "a value is missing before ',h:40'");
	assert_refused("t:23.5,40", "'40' has no name");
	assert_refused("t:warm,h:40", "'warm' is not a number");
	assert_refused(":5", "is no name");
	assert_refused("=== sensor ===", "is no name");
	assert_refused("t:1.2.3", "'1.2.3' is not a number");
	assert_refused("IP: 192.168.1.5", "'192.168.1.5'");
	assert_refused("time: 12:30:05", "'12:30:05'");
	assert_refused("t:0x1f", "'0x1f' is not a number");
	assert_refused("t:--5", "'--5'");
	assert_refused("t:1e999", "'1e999'");
	assert_refused("ature\":23.5,\"humidity\":40}", "is no name");
	assert_refused("t:23.5 (ok)", "has no name");
	assert_refused("t:5:6", "'5:6'");
}
END_TEST

START_TEST(boot_messages_of_an_esp32_are_refused)
{
	assert_refused("ets Jun  8 2016 00:22:57", "");
	assert_refused("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", "'0x1'");
	assert_refused("configsip: 0, SPIWP:0xee", "'0xee'");
	assert_refused("mode:DIO, clock div:1", "'DIO'");
	assert_refused("load:0x3fff0030,len:1344", "'0x3fff0030'");
	assert_refused("entry 0x400805f0", "");
}
END_TEST

START_TEST(a_value_that_is_no_number_is_left_out_and_the_others_kept)
{
	assert_reads("t:nan,h:40", "h=40[]");
	ck_assert_uint_eq(parsed.readings.not_numbers, 1);
	ck_assert_str_eq(parsed.readings.first_not_number.text, "t");
	assert_reads("t: NaN h:40 i:-inf o:ovf", "h=40[]");
	ck_assert_uint_eq(parsed.readings.not_numbers, 3);
	assert_reads("t:nanC,h:40%,x: nan C", "h=40[%]");
}
END_TEST

START_TEST(a_line_of_nothing_but_nan_is_refused)
{
	assert_refused("t:nan", "no number");
	ck_assert_uint_eq(parsed.readings.not_numbers, 1);
	assert_refused("nan", "no number");
	assert_refused("{\"t\":nan}", "no number");
}
END_TEST

START_TEST(a_line_has_at_most_64_values)
{
	char line[1024] = "a:1";

	for (int i = 0; i < 63; i++)
		strcat(line, ",a:1");
	read_line(line);
	ck_assert_uint_eq(parsed.readings.count, 64);
	strcat(line, ",a:1");
	assert_refused(line, "more than 64");
}
END_TEST

START_TEST(names_and_units_have_limits)
{
	char line[1024];

	snprintf(line, sizeof line, "%0255d:1", 1);
	read_line(line);
	ck_assert_uint_eq(strlen(parsed.readings.items[0].name), 255);
	snprintf(line, sizeof line, "%0256d:1", 1);
	assert_refused(line, "is no name");
	memcpy(line, "n:1", 3);
	memset(line + 3, 'u', 63);
	line[66] = '\0';
	read_line(line);
	ck_assert_uint_eq(strlen(parsed.readings.items[0].unit), 63);
	line[66] = 'u';
	line[67] = '\0';
	assert_refused(line, "longer than 63 bytes");
}
END_TEST

/* ---- bare values ---------------------------------------------------------- */

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

/* ---- JSON ----------------------------------------------------------------- */

START_TEST(json_objects_are_read)
{
	assert_reads("{\"temperature\":23.5,\"humidity\":40}", "temperature=23.5[] humidity=40[]");
	assert_reads("{\"on\":true,\"off\":false,\"id\":\"x\",\"n\":null}", "on=1[] off=0[]");
	assert_reads(" { \"a\" : -1.5e2 } ", "a=-150[]");
	assert_reads("{\"温度\":1}", "温度=1[]");
	assert_reads("{\"a\\\"b\":1}", "a\"b=1[]");
}
END_TEST

START_TEST(nested_names_are_joined)
{
	assert_reads("{\"wind\":{\"speed\":3,\"gust\":{\"max\":5}},\"t\":1}",
		     "wind_speed=3[] wind_gust_max=5[] t=1[]");
	assert_reads("{\"accel\":[1,2,{\"z\":3}]}", "accel_1=1[] accel_2=2[] accel_3_z=3[]");
}
END_TEST

START_TEST(objects_of_value_and_unit_are_one_measurement)
{
	assert_reads("{\"temperature\":{\"value\":23.5,\"unit\":\"C\"}}", "temperature=23.5[Cel]");
	assert_reads("{\"name\":\"temperature\",\"value\":23.5,\"unit\":\"C\"}",
		     "temperature=23.5[Cel]");
	assert_reads("{\"value\":23.5}", "value=23.5[]");
	assert_reads("{\"name\":\"t\",\"value\":1,\"min\":0}", "t=1[] t_min=0[]");
	assert_reads("{\"name\":\"porch\",\"t\":1}", "t=1[]");
}
END_TEST

START_TEST(json_may_hold_what_arduino_prints_for_nan)
{
	assert_reads("{\"t\":nan,\"h\":40}", "h=40[]");
	ck_assert_uint_eq(parsed.readings.not_numbers, 1);
	assert_reads("{\"t\": -inf ,\"o\":ovf,\"nan\":1,\"s\":\"a,nan,\\\"nan\"}", "nan=1[]");
	ck_assert_uint_eq(parsed.readings.not_numbers, 2);
	assert_reads("{\"big\":1e999,\"h\":40}", "h=40[]");
}
END_TEST

START_TEST(broken_json_is_refused)
{
	assert_refused("{\"t\":23.5", "is not valid JSON");
	assert_refused("{\"t\":23.5}}", "is not valid JSON");
	assert_refused("{\"t\":23.5} x", "is not valid JSON");
	assert_refused("{", "is not valid JSON");
	assert_refused("{}", "no number");
	assert_refused("{\"s\":\"x\"}", "no number");
	assert_refused("[1,2]", "JSON array");
	assert_refused("{\"\":1}", "no name");
	assert_refused("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
		       "nested deeper");
}
END_TEST

START_TEST(json_names_and_units_have_limits)
{
	char line[1024];

	snprintf(line, sizeof line, "{\"%0256d\":1}", 1);
	assert_refused(line, "longer than 255");
	snprintf(line, sizeof line, "{\"%0200d\":{\"%0100d\":1}}", 1, 1);
	assert_refused(line, "longer than 255");
	snprintf(line, sizeof line, "{\"name\":\"%0256d\",\"value\":1}", 1);
	assert_refused(line, "longer than 255");
	snprintf(line, sizeof line, "{\"value\":1,\"unit\":\"%064d\"}", 1);
	assert_refused(line, "longer than 63");
}
END_TEST

/* ---- The rest ------------------------------------------------------------- */

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

static TCase *plotter_tests(void)
{
	TCase *tcase = tcase_create("plotter");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, plotter_lines_are_read);
	tcase_add_test(tcase, separators_too_many_do_no_harm);
	tcase_add_test(tcase, units_are_read_beside_and_apart);
	tcase_add_test(tcase, a_word_before_a_colon_is_a_name_and_no_unit);
	tcase_add_test(tcase, the_dht_tester_sketch_is_read_unchanged);
	tcase_add_test(tcase, names_may_have_digits_blanks_and_other_scripts);
	tcase_add_test(tcase, a_malformed_pair_spoils_the_whole_line);
	tcase_add_test(tcase, boot_messages_of_an_esp32_are_refused);
	tcase_add_test(tcase, a_value_that_is_no_number_is_left_out_and_the_others_kept);
	tcase_add_test(tcase, a_line_of_nothing_but_nan_is_refused);
	tcase_add_test(tcase, a_line_has_at_most_64_values);
	tcase_add_test(tcase, names_and_units_have_limits);
	return tcase;
}

static TCase *csv_tests(void)
{
	TCase *tcase = tcase_create("csv");

	tcase_add_checked_fixture(tcase, start, NULL);
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
	return tcase;
}

static TCase *json_tests(void)
{
	TCase *tcase = tcase_create("json");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, json_objects_are_read);
	tcase_add_test(tcase, nested_names_are_joined);
	tcase_add_test(tcase, objects_of_value_and_unit_are_one_measurement);
	tcase_add_test(tcase, json_may_hold_what_arduino_prints_for_nan);
	tcase_add_test(tcase, broken_json_is_refused);
	tcase_add_test(tcase, json_names_and_units_have_limits);
	tcase_add_test(tcase, comments_are_handed_on_without_their_sign);
	tcase_add_test(tcase, the_locale_does_not_matter);
	tcase_add_test(tcase, quotes_in_sentences_are_cut_between_characters);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("parse");

	suite_add_tcase(suite, plotter_tests());
	suite_add_tcase(suite, csv_tests());
	suite_add_tcase(suite, json_tests());
	return suite_run(suite);
}
