/* SPDX-License-Identifier: MIT
 *
 * Sources: RFC 8428 section 12.1 and RFC 8798 for SenML's names.
 */
#include "device/unit.h"

#include <string.h>

/* Only names that mean the same everywhere are translated. */
static const struct {
	const char *printed;
	const char *senml; /* NULL: the same */
} units[] = {
	{"C", "Cel"},    {"°C", "Cel"},     {"degC", "Cel"},    {"℃", "Cel"},       {"Cel", NULL},
	{"*C", "Cel"},   {"*F", "°F"},      {"celsius", "Cel"}, {"Celsius", "Cel"}, {"F", NULL},
	{"°F", NULL},    {"degF", NULL},    {"K", NULL},        {"%", NULL},        {"%RH", NULL},
	{"lux", "lx"},   {"Lux", "lx"},     {"lx", NULL},       {"°", "deg"},       {"deg", NULL},
	{"rad", NULL},   {"V", NULL},       {"mV", NULL},       {"A", NULL},        {"mA", NULL},
	{"uA", NULL},    {"µA", NULL},      {"W", NULL},        {"mW", NULL},       {"kW", NULL},
	{"Wh", NULL},    {"kWh", NULL},     {"J", NULL},        {"Ω", "Ohm"},       {"Ω", "Ohm"},
	{"ohm", "Ohm"},  {"Ohm", NULL},     {"kOhm", NULL},     {"Pa", NULL},       {"hPa", NULL},
	{"kPa", NULL},   {"bar", NULL},     {"mbar", NULL},     {"m", NULL},        {"km", NULL},
	{"cm", NULL},    {"mm", NULL},      {"g", NULL},        {"kg", NULL},       {"mg", NULL},
	{"l", NULL},     {"L", "l"},        {"ml", NULL},       {"mL", NULL},       {"ppm", NULL},
	{"ppb", NULL},   {"dB", NULL},      {"dBm", NULL},      {"Hz", NULL},       {"kHz", NULL},
	{"MHz", NULL},   {"s", NULL},       {"ms", NULL},       {"us", NULL},       {"µs", NULL},
	{"min", NULL},   {"h", NULL},       {"rpm", NULL},      {"m/s", NULL},      {"km/h", NULL},
	{"m/s2", NULL},  {"m/s^2", "m/s2"}, {"m/s²", "m/s2"},   {"T", NULL},        {"uT", NULL},
	{"µT", NULL},    {"ug/m3", NULL},   {"µg/m3", NULL},    {"µg/m³", NULL},    {"uS/cm", NULL},
	{"µS/cm", NULL}, {"NTU", NULL},
};

static const char *find(const char *text, size_t size, bool *known)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		const char *printed = units[i].printed;
		if (strlen(printed) != size || memcmp(printed, text, size) != 0)
			continue;
		*known = true;
		return units[i].senml != NULL ? units[i].senml : printed;
	}
	*known = false;
	return text;
}

const char *unit_senml(const char *text)
{
	bool known;

	return find(text, strlen(text), &known);
}

bool unit_known(const char *text, size_t size)
{
	bool known;

	find(text, size, &known);
	return known;
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       ((unsigned char)byte & 0x80) != 0;
}

size_t unit_span(const char *text)
{
	/* "*C" is what sketches print that shun the degree sign. */
	size_t size = text[0] == '*' && is_letter(text[1]) ? 1 : 0;

	if (!is_letter(text[size]) && text[0] != '%')
		return 0;
	while (is_letter(text[size]) || (text[size] >= '0' && text[size] <= '9') ||
	       (text[size] != '\0' && strchr("%/^*.-_", text[size]) != NULL))
		size++;
	return size;
}
