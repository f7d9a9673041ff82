/* SPDX-License-Identifier: MIT */
#include "device/scan.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "device/quote.h"
#include "device/unit.h"
#include "metric/number.h"

bool scan_is_separator(char byte)
{
	return byte == ',' || byte == ';' || byte == '|';
}

const char *scan_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* The end of a word that Arduino's print() writes for what no number can say, be
 * it alone or with a unit, as in "nan%" and "nan°C"; NULL when there is none. */
static const char *find_not_a_number(const char *at)
{
	static const char *const words[] = {"nan", "infinity", "inf", "ovf"};
	const char *word = *at == '-' || *at == '+' ? at + 1 : at;
	size_t size = unit_span(word);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t length = strlen(words[i]);
		if (size >= length && strncasecmp(word, words[i], length) == 0 &&
		    (size == length || unit_known(word + length, size - length)))
			return word + length;
	}
	return NULL;
}

bool scan_is_value(const char *at)
{
	const char *end;
	double value;

	return number_parse(at, &value, &end) || find_not_a_number(at) != NULL;
}

static bool ends_field(char byte)
{
	return byte == '\0' || byte == '\t' || scan_is_separator(byte);
}

static iotkit_status refuse(const char *at)
{
	struct quote quote;
	size_t size = strcspn(at, " \t,;|");

	if (*at == '\0')
		return error_set(IOTKIT_EFORMAT, "a value is missing at the end of the line");
	if (size == 0)
		return error_set(IOTKIT_EFORMAT, "a value is missing before '%s'",
				 quote_text(&quote, at));
	return error_set(IOTKIT_EFORMAT, "'%s' is not a number; print decimal numbers, as 23.5",
			 quote_bytes(&quote, at, size));
}

static iotkit_status take_number(const char **at, struct scanned *out)
{
	const char *end;

	out->finite = number_parse(*at, &out->value, &end);
	if (!out->finite) {
		out->value = NAN;
		end = find_not_a_number(*at);
	}
	if (end == NULL)
		return refuse(*at);
	/* "0x1f" must not become 0 of the unit x1f. */
	bool hexadecimal = end[-1] == '0' && (*end == 'x' || *end == 'X');
	if (hexadecimal || (*end >= '0' && *end <= '9') || *end == '.')
		return refuse(*at);
	*at = end;
	return IOTKIT_OK;
}

/* Bytes of a unit that stands apart, as in "23.5 C"; 0 when what follows is the
 * next field, as in "t:23.5 humidity:40". */
static size_t apart_span(const char *at, enum scan_unit units)
{
	size_t size = unit_span(at);
	const char *next = scan_blanks(at + size);

	if (size == 0 || *next == ':' || *next == '=' || find_not_a_number(at) != NULL)
		return 0;
	if (!ends_field(at[size]) && at[size] != ' ')
		return 0;
	bool last = ends_field(at[size]) || ends_field(*next);
	return unit_known(at, size) || (units == SCAN_UNIT_ANY && last) ? size : 0;
}

iotkit_status scan_value(const char **at, enum scan_unit units, struct scanned *out)
{
	const char *start = *at;
	struct quote quote;
	iotkit_status status = take_number(at, out);

	if (status != IOTKIT_OK)
		return status;
	const char *unit = *at;
	size_t size = unit_span(unit);
	if (size == 0 && (*unit == ' ' || *unit == '\t')) {
		const char *apart = unit + strspn(unit, " ");
		bool tab = *apart == '\t'; /* it separates fields, but for known units */
		apart += strspn(apart, " \t");
		size = apart_span(apart, tab ? SCAN_UNIT_KNOWN : units);
		if (size > 0)
			unit = apart;
	}
	if (size > METRIC_UNIT_MAX)
		return error_set(IOTKIT_EFORMAT,
				 "the unit '%s' is longer than %d bytes; shorten it",
				 quote_bytes(&quote, unit, size), METRIC_UNIT_MAX);
	memcpy(out->unit, unit, size);
	out->unit[size] = '\0';
	*at = unit + size;
	return ends_field(**at) || **at == ' ' ? IOTKIT_OK : refuse(start);
}
