/* SPDX-License-Identifier: MIT
 *
 * Sources: RFC 8428 section 12.1 and RFC 8798 for SenML's names.
 */
#include "device/unit.h"

#include <stdlib.h>
#include <string.h>

/* Only names that mean the same everywhere are translated. Sorted by bytes, to be found quickly. */
static const struct unit {
	const char *printed;
	const char *senml; /* NULL: the same */
} units[] = {
	{"%", NULL},
	{"%RH", NULL},
	{"*C", "Cel"},
	{"*F", "°F"},
	{"A", NULL},
	{"C", "Cel"},
	{"Cel", NULL},
	{"Celsius", "Cel"},
	{"F", NULL},
	{"Hz", NULL},
	{"J", NULL},
	{"K", NULL},
	{"L", "l"},
	{"Lux", "lx"},
	{"MHz", NULL},
	{"NTU", NULL},
	{"Ohm", NULL},
	{"Pa", NULL},
	{"T", NULL},
	{"V", NULL},
	{"W", NULL},
	{"Wh", NULL},
	{"bar", NULL},
	{"celsius", "Cel"},
	{"cm", NULL},
	{"dB", NULL},
	{"dBm", NULL},
	{"deg", NULL},
	{"degC", "Cel"},
	{"degF", NULL},
	{"g", NULL},
	{"h", NULL},
	{"hPa", NULL},
	{"kHz", NULL},
	{"kOhm", NULL},
	{"kPa", NULL},
	{"kW", NULL},
	{"kWh", NULL},
	{"kg", NULL},
	{"km", NULL},
	{"km/h", NULL},
	{"l", NULL},
	{"lux", "lx"},
	{"lx", NULL},
	{"m", NULL},
	{"m/s", NULL},
	{"m/s2", NULL},
	{"m/s^2", "m/s2"},
	{"m/s²", "m/s2"},
	{"mA", NULL},
	{"mL", NULL},
	{"mV", NULL},
	{"mW", NULL},
	{"mbar", NULL},
	{"mg", NULL},
	{"min", NULL},
	{"ml", NULL},
	{"mm", NULL},
	{"ms", NULL},
	{"ohm", "Ohm"},
	{"ppb", NULL},
	{"ppm", NULL},
	{"rad", NULL},
	{"rpm", NULL},
	{"s", NULL},
	{"uA", NULL},
	{"uS/cm", NULL},
	{"uT", NULL},
	{"ug/m3", NULL},
	{"us", NULL},
	{"°", "deg"},
	{"°C", "Cel"},
	{"°F", NULL},
	{"µA", NULL},
	{"µS/cm", NULL},
	{"µT", NULL},
	{"µg/m3", NULL},
	{"µg/m³", NULL},
	{"µs", NULL},
	{"Ω", "Ohm"},
	{"℃", "Cel"},
	{"\xe2\x84\xa6", "Ohm"}, /* the sign of its own, which editors turn into the letter */
};

struct word {
	const char *text;
	size_t size;
};

static int compare(const void *key, const void *entry)
{
	const struct word *word = key;
	const char *printed = ((const struct unit *)entry)->printed;
	int order = strncmp(word->text, printed, word->size);

	return order != 0 ? order : printed[word->size] != '\0' ? -1 : 0;
}

static const struct unit *find(const char *text, size_t size)
{
	const struct word word = {text, size};

	if (size == 0)
		return NULL;
	return bsearch(&word, units, sizeof units / sizeof units[0], sizeof units[0], compare);
}

const char *unit_senml(const char *text)
{
	const struct unit *unit = find(text, strlen(text));

	return unit != NULL && unit->senml != NULL ? unit->senml : text;
}

bool unit_known(const char *text, size_t size)
{
	return find(text, size) != NULL;
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
