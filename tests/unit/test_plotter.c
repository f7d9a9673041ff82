/* SPDX-License-Identifier: MIT */
#include "reads.h"

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
	assert_reads("Temperature = 22.00 *C", "Temperature=22[Cel]");
	assert_reads("X: -0.20 \tY: 0.31 \tZ: 9.81 \tm/s^2", "X=-0.2[] Y=0.31[] Z=9.81[m/s2]");
	assert_reads(
		"Humidity: 40.0 %\tTemperature: 22.0 *C 71.6 *F\tHeat index: 21.4 *C",
		"Humidity=40[%] Temperature=22[Cel] Temperature_2=71.6[°F] Heat index=21.4[Cel]");
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

int main(void)
{
	Suite *suite = suite_create("plotter");
	TCase *tcase = tcase_create("plotter");

	tcase_add_checked_fixture(tcase, start_parser, NULL);
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
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
