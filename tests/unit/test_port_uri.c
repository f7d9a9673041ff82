/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "device/device.h"
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
		       "baud, data_bits, parity, stop_bits, flow, columns, lines, silent_ms "
		       "and reset.on_open");
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
	assert_refused("serial:", "is no whole path");
	assert_refused("serial:ttyACM0", "'ttyACM0' is no whole path");
	assert_refused("serial:?baud=9600", "is no whole path");
}
END_TEST

START_TEST(what_is_to_be_done_about_a_board_is_understood)
{
	parse("serial:/dev/a");
	ck_assert_int_eq(settings.silent_ms, -1);
	ck_assert_int_eq(settings.reset_on_open, -1);
	ck_assert_int_eq(settings.lines, PORT_LINES_AUTO);
	parse("serial:/dev/a?silent_ms=86400000&reset.on_open=never&lines=framed");
	ck_assert_int_eq(settings.silent_ms, 86400000);
	ck_assert_int_eq(settings.reset_on_open, DEVICE_RESET_NEVER);
	ck_assert_int_eq(settings.lines, PORT_LINES_FRAMED);
	parse("serial:/dev/a?silent_ms=0&reset.on_open=always&lines=plain");
	ck_assert_int_eq(settings.silent_ms, 0);
	ck_assert_int_eq(settings.reset_on_open, DEVICE_RESET_ALWAYS);
	ck_assert_int_eq(settings.lines, PORT_LINES_PLAIN);
	assert_refused("serial:/dev/a?silent_ms=86400001", "from 0 to 86400000");
	assert_refused("serial:/dev/a?silent_ms=-1", "silent_ms=-1 is not");
	assert_refused("serial:/dev/a?reset.on_open=yes", "auto, never and always");
	assert_refused("serial:/dev/a?lines=csv", "auto, plain and framed");
}
END_TEST

START_TEST(a_board_has_an_identity_instead_of_a_path)
{
	parse("serial:usb=2341:00aF?baud=9600");
	ck_assert_int_eq(settings.kind, PORT_OF_BOARD);
	ck_assert_int_eq(settings.identity.vid, 0x2341);
	ck_assert_int_eq(settings.identity.pid, 0x00af);
	ck_assert_int_eq(settings.baud, 9600);
	parse("serial:usb=2341:0043,serial=75%2C3");
	ck_assert_str_eq(settings.identity.serial, "75,3");
	ck_assert_str_eq(settings.identity.text, "usb=2341:0043,serial=75,3");
	parse("serial:by-path=platform-3f980000.usb-usb-0:1.2:1.0");
	ck_assert(!settings.identity.has_ids);
	ck_assert_str_eq(settings.identity.by_path, "platform-3f980000.usb-usb-0:1.2:1.0");
	parse("serial:auto?baud=57600");
	ck_assert_int_eq(settings.kind, PORT_OF_ANY_BOARD);
	parse("serial:./serial=1");
	ck_assert_int_eq(settings.kind, PORT_AT_PATH);
	assert_refused("serial:usb=2341", "usb=2341 is no pair of USB ids");
	assert_refused("serial:usb=2341:43", "four hexadecimal digits");
	assert_refused("serial:usb=0x2341:0x0043", "iotkit-ports shows");
	assert_refused("serial:serial=", "1 to 127 bytes");
	assert_refused("serial:usb=2341:0043,port=1", "not known by 'port'");
	assert_refused("serial:usb=2341:0043,serial", "1 to 127 bytes");
}
END_TEST

START_TEST(a_port_may_be_on_the_network)
{
	parse("tcp://esp-link.local:23?columns=t,h&silent_ms=1000&lines=plain");
	ck_assert_int_eq(settings.kind, PORT_OVER_TCP);
	ck_assert_str_eq(settings.host, "esp-link.local");
	ck_assert_uint_eq(settings.tcp_port, 23);
	ck_assert_str_eq(settings.path, "tcp://esp-link.local:23");
	ck_assert_uint_eq(settings.columns.count, 2);
	ck_assert_int_eq(settings.baud, 0);
	parse("tcp://[fe80::1]:2000/");
	ck_assert_str_eq(settings.host, "fe80::1");
	ck_assert_str_eq(settings.path, "tcp://[fe80::1]:2000");
	assert_refused("tcp://host", "is no host and port");
	assert_refused("tcp://:23", "is no host and port");
	assert_refused("tcp://[]:23", "is no host and port");
	assert_refused("tcp://[::1]", "is no host and port");
	assert_refused("tcp://::1:23", "[fe80::1]:2000");
	assert_refused("tcp://host:0", "is no host and port");
	assert_refused("tcp://host:65536", "is no host and port");
	assert_refused("tcp://host:23x", "is no host and port");
	assert_refused("tcp://host:23?baud=9600", "a tcp: port has no 'baud'");
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
	tcase_add_test(tcase, what_is_to_be_done_about_a_board_is_understood);
	tcase_add_test(tcase, a_board_has_an_identity_instead_of_a_path);
	tcase_add_test(tcase, a_port_may_be_on_the_network);
	tcase_add_test(tcase, a_path_may_have_1023_bytes);
	tcase_add_test(tcase, a_refused_uri_leaves_the_settings_alone);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
