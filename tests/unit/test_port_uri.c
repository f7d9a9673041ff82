/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "device/port_uri.h"
#include "suite.h"

static struct port_settings settings;

static void parse(const char *uri)
{
	ck_assert_msg(port_uri_parse(uri, &settings) == IOTKIT_OK, "%s: %s", uri,
		      iotkit_last_error());
}

static void assert_refused(const char *uri, const char *part)
{
	assert_fails(port_uri_parse(uri, &settings), IOTKIT_EINVAL, part);
}

START_TEST(a_path_alone_has_the_usual_settings)
{
	parse("serial:/dev/ttyACM0");
	ck_assert_str_eq(settings.path, "/dev/ttyACM0");
	ck_assert_int_eq(settings.baud, 115200);
	ck_assert_int_eq(settings.data_bits, 8);
	ck_assert_int_eq(settings.stop_bits, 1);
	ck_assert_int_eq(settings.parity, PORT_PARITY_NONE);
	ck_assert_int_eq(settings.flow, PORT_FLOW_NONE);
	ck_assert_uint_eq(settings.columns.count, 0);
}
END_TEST

START_TEST(every_key_is_understood)
{
	parse("serial:/dev/ttyUSB0?baud=9600&data_bits=7&parity=even&stop_bits=2&flow=rtscts");
	ck_assert_int_eq(settings.baud, 9600);
	ck_assert_int_eq(settings.data_bits, 7);
	ck_assert_int_eq(settings.stop_bits, 2);
	ck_assert_int_eq(settings.parity, PORT_PARITY_EVEN);
	ck_assert_int_eq(settings.flow, PORT_FLOW_RTSCTS);
	parse("serial:/dev/ttyUSB0?parity=odd&flow=xonxoff&&data_bits=8&stop_bits=1&");
	ck_assert_int_eq(settings.parity, PORT_PARITY_ODD);
	ck_assert_int_eq(settings.flow, PORT_FLOW_XONXOFF);
}
END_TEST

START_TEST(baud_rates_go_from_300_to_2000000)
{
	parse("serial:/dev/a?baud=300");
	ck_assert_int_eq(settings.baud, 300);
	parse("serial:/dev/a?baud=2000000");
	ck_assert_int_eq(settings.baud, 2000000);
	assert_refused("serial:/dev/a?baud=299", "299");
	assert_refused("serial:/dev/a?baud=2000001", "Serial.begin()");
	assert_refused("serial:/dev/a?baud=", "from 300 to 2000000");
	assert_refused("serial:/dev/a?baud=9600x", "9600x");
	assert_refused("serial:/dev/a?baud=-9600", "-9600");
	assert_refused("serial:/dev/a?baud=99999999999999999999", "9999");
}
END_TEST

START_TEST(bad_values_are_told_with_the_good_ones)
{
	assert_refused("serial:/dev/a?data_bits=9", "data_bits=9 is not one of 7 and 8");
	assert_refused("serial:/dev/a?parity=mark", "none, even and odd");
	assert_refused("serial:/dev/a?stop_bits=1.5", "1 and 2");
	assert_refused("serial:/dev/a?flow=hard", "none, rtscts and xonxoff");
	assert_refused("serial:/dev/a?baud", "write baud=");
}
END_TEST

START_TEST(an_unknown_key_is_told_with_the_known_ones)
{
	assert_refused("serial:/dev/a?speed=9600", "no 'speed'");
	assert_refused("serial:/dev/a?speed=9600",
		       "baud, data_bits, parity, stop_bits, flow and columns");
	assert_refused("serial:/dev/a?bau=9600", "no 'bau'");
	assert_refused("serial:/dev/a?=9600", "no ''");
}
END_TEST

START_TEST(percent_codes_are_decoded)
{
	parse("serial:/dev/serial/by-id/usb%3F1?columns=air%20temp,humidity");
	ck_assert_str_eq(settings.path, "/dev/serial/by-id/usb?1");
	const char *unit;
	ck_assert_str_eq(columns_at(&settings.columns, 0, &unit), "air temp");
	assert_refused("serial:/dev/a%4", "two hexadecimal digits");
	assert_refused("serial:/dev/a%00b", "00");
	assert_refused("serial:/dev/a%ff", "not UTF-8");
}
END_TEST

START_TEST(columns_are_names_perhaps_with_units)
{
	const char *unit;

	parse("serial:/dev/a?columns=temperature (C),humidity [%25],co2");
	ck_assert_uint_eq(settings.columns.count, 3);
	ck_assert_str_eq(columns_at(&settings.columns, 0, &unit), "temperature");
	ck_assert_str_eq(unit, "C");
	ck_assert_str_eq(columns_at(&settings.columns, 1, &unit), "humidity");
	ck_assert_str_eq(unit, "%");
	ck_assert_str_eq(columns_at(&settings.columns, 2, &unit), "co2");
	ck_assert_str_eq(unit, "");
	assert_refused("serial:/dev/a?columns=", "is no name");
	assert_refused("serial:/dev/a?columns=a,,b", "is no name");
	assert_refused("serial:/dev/a?columns=a,b{", "'b{'");
}
END_TEST

START_TEST(columns_have_limits)
{
	char uri[2048] = "serial:/dev/a?columns=c";

	for (int i = 0; i < 63; i++)
		strcat(uri, ",c");
	parse(uri);
	ck_assert_uint_eq(settings.columns.count, 64);
	strcat(uri, ",c");
	assert_refused(uri, "more than 64");
	strcpy(uri, "serial:/dev/a?columns=");
	memset(uri + strlen(uri), 'n', 256);
	assert_refused(uri, "is no name");
	memset(uri + strlen(uri) - 1, 'n', 1200);
	assert_refused(uri, "columns is longer than 1024");
}
END_TEST

START_TEST(what_is_no_serial_uri_is_refused_with_an_example)
{
	assert_refused(NULL, "serial:/dev/ttyACM0");
	assert_refused("", "serial:/dev/ttyACM0");
	assert_refused("/dev/ttyACM0", "no serial: URI");
	assert_refused("serial:", "is no path");
	assert_refused("serial:ttyACM0", "'ttyACM0' is no path");
	assert_refused("serial:?baud=9600", "is no path");
}
END_TEST

START_TEST(a_path_may_have_1023_bytes)
{
	char uri[2048] = "serial:/";

	memset(uri + 8, 'p', PORT_PATH_MAX - 1);
	parse(uri);
	ck_assert_uint_eq(strlen(settings.path), PORT_PATH_MAX);
	strcat(uri, "p");
	assert_refused(uri, "longer than 1023 bytes");
}
END_TEST

START_TEST(a_refused_uri_leaves_the_settings_alone)
{
	parse("serial:/dev/a?baud=9600");
	assert_refused("serial:/dev/b?baud=300&parity=x", "parity");
	ck_assert_str_eq(settings.path, "/dev/a");
	ck_assert_int_eq(settings.baud, 9600);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port_uri");
	TCase *tcase = tcase_create("port_uri");

	tcase_add_test(tcase, a_path_alone_has_the_usual_settings);
	tcase_add_test(tcase, every_key_is_understood);
	tcase_add_test(tcase, baud_rates_go_from_300_to_2000000);
	tcase_add_test(tcase, bad_values_are_told_with_the_good_ones);
	tcase_add_test(tcase, an_unknown_key_is_told_with_the_known_ones);
	tcase_add_test(tcase, percent_codes_are_decoded);
	tcase_add_test(tcase, columns_are_names_perhaps_with_units);
	tcase_add_test(tcase, columns_have_limits);
	tcase_add_test(tcase, what_is_no_serial_uri_is_refused_with_an_example);
	tcase_add_test(tcase, a_path_may_have_1023_bytes);
	tcase_add_test(tcase, a_refused_uri_leaves_the_settings_alone);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
