/* SPDX-License-Identifier: MIT */
#include "reads.h"

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

int main(void)
{
	Suite *suite = suite_create("json_line");
	TCase *tcase = tcase_create("json_line");

	tcase_add_checked_fixture(tcase, start_parser, NULL);
	tcase_add_test(tcase, json_objects_are_read);
	tcase_add_test(tcase, nested_names_are_joined);
	tcase_add_test(tcase, objects_of_value_and_unit_are_one_measurement);
	tcase_add_test(tcase, json_may_hold_what_arduino_prints_for_nan);
	tcase_add_test(tcase, broken_json_is_refused);
	tcase_add_test(tcase, json_names_and_units_have_limits);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
