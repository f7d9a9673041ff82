/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "device/unit.h"
#include "suite.h"

/* What sketches print, and what SenML has for it; NULL: the same. */
static const struct {
	const char *printed;
	const char *senml;
} units[] = {
	{"C", "Cel"},
	{"°C", "Cel"},
	{"degC", "Cel"},
	{"℃", "Cel"},
	{"Cel", NULL},
	{"*C", "Cel"},
	{"*F", "°F"},
	{"celsius", "Cel"},
	{"Celsius", "Cel"},
	{"F", NULL},
	{"°F", NULL},
	{"degF", NULL},
	{"K", NULL},
	{"%", NULL},
	{"%RH", NULL},
	{"lux", "lx"},
	{"Lux", "lx"},
	{"lx", NULL},
	{"°", "deg"},
	{"deg", NULL},
	{"rad", NULL},
	{"V", NULL},
	{"mV", NULL},
	{"A", NULL},
	{"mA", NULL},
	{"uA", NULL},
	{"µA", NULL},
	{"W", NULL},
	{"mW", NULL},
	{"kW", NULL},
	{"Wh", NULL},
	{"kWh", NULL},
	{"J", NULL},
	{"Ω", "Ohm"},
	{"\xe2\x84\xa6", "Ohm"},
	{"ohm", "Ohm"},
	{"Ohm", NULL},
	{"kOhm", NULL},
	{"Pa", NULL},
	{"hPa", NULL},
	{"kPa", NULL},
	{"bar", NULL},
	{"mbar", NULL},
	{"m", NULL},
	{"km", NULL},
	{"cm", NULL},
	{"mm", NULL},
	{"g", NULL},
	{"kg", NULL},
	{"mg", NULL},
	{"l", NULL},
	{"L", "l"},
	{"ml", NULL},
	{"mL", NULL},
	{"ppm", NULL},
	{"ppb", NULL},
	{"dB", NULL},
	{"dBm", NULL},
	{"Hz", NULL},
	{"kHz", NULL},
	{"MHz", NULL},
	{"s", NULL},
	{"ms", NULL},
	{"us", NULL},
	{"µs", NULL},
	{"min", NULL},
	{"h", NULL},
	{"rpm", NULL},
	{"m/s", NULL},
	{"km/h", NULL},
	{"m/s2", NULL},
	{"m/s^2", "m/s2"},
	{"m/s²", "m/s2"},
	{"T", NULL},
	{"uT", NULL},
	{"µT", NULL},
	{"ug/m3", NULL},
	{"µg/m3", NULL},
	{"µg/m³", NULL},
	{"uS/cm", NULL},
	{"µS/cm", NULL},
	{"NTU", NULL},
};

START_TEST(each_unit_is_known_and_has_its_name)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		const char *printed = units[i].printed;
		const char *senml = units[i].senml != NULL ? units[i].senml : printed;
		ck_assert_str_eq(unit_senml(printed), senml);
		ck_assert_msg(unit_known(printed, strlen(printed)), "%s", printed);
	}
}
END_TEST

START_TEST(what_is_no_unit_stays_as_it_is)
{
	static const char *const words[] = {"", "c", "Ce", "Cels", "CC", "lux2", "~", "!", "\xff"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		ck_assert_str_eq(unit_senml(words[i]), words[i]);
		ck_assert_msg(!unit_known(words[i], strlen(words[i])), "%s", words[i]);
	}
}
END_TEST

START_TEST(a_unit_is_as_many_bytes_as_are_said)
{
	ck_assert(unit_known("C,", 1));
	ck_assert(!unit_known("C,", 2));
	ck_assert(unit_known("m/s2", 1));
	ck_assert(!unit_known("m/s2", 2));
	ck_assert(unit_known("m/s2", 3));
	ck_assert(!unit_known("hPa", 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unit");
	TCase *tcase = tcase_create("unit");

	tcase_add_test(tcase, each_unit_is_known_and_has_its_name);
	tcase_add_test(tcase, what_is_no_unit_stays_as_it_is);
	tcase_add_test(tcase, a_unit_is_as_many_bytes_as_are_said);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
