/* SPDX-License-Identifier: MIT */
#include "metric/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The thread's locale, not the process's: other threads notice nothing. glibc
 * hands out one static object for "C", so this costs no allocation. */
struct c_locale {
	locale_t c;
	locale_t before;
};

static void enter_c_locale(struct c_locale *locale)
{
	locale->c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale->before = uselocale(locale->c);
}

static void leave_c_locale(struct c_locale *locale)
{
	uselocale(locale->before);
	if (locale->c != (locale_t)0)
		freelocale(locale->c);
}

size_t number_format(double value, char *text)
{
	/* 15 digits survive the way through any double but the subnormal ones,
	 * which have fewer; 17 are always enough. */
	int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
	struct c_locale locale;
	int length;

	if (value == 0.0)
		value = 0.0; /* loses the sign of minus zero */
	enter_c_locale(&locale);
	do
		length = snprintf(text, NUMBER_TEXT_SIZE, "%.*g", digits, value);
	while (digits++ < DBL_DECIMAL_DIG && strtod(text, NULL) != value);
	leave_c_locale(&locale);
	return (size_t)length;
}

static const char *skip_digits(const char *text)
{
	while (*text >= '0' && *text <= '9')
		text++;
	return text;
}

/* The end of the number at text; NULL when there is none. */
static const char *find_end(const char *text)
{
	const char *whole = *text == '+' || *text == '-' ? text + 1 : text;
	const char *end = skip_digits(whole);
	size_t digits = (size_t)(end - whole);

	if (*end == '.') {
		const char *fraction = end + 1;
		end = skip_digits(fraction);
		digits += (size_t)(end - fraction);
	}
	if (digits == 0)
		return NULL;
	if (*end == 'e' || *end == 'E') {
		const char *exponent = end[1] == '+' || end[1] == '-' ? end + 2 : end + 1;
		const char *exponent_end = skip_digits(exponent);
		if (exponent_end > exponent)
			end = exponent_end;
	}
	return end;
}

bool number_parse(const char *text, double *out, const char **end)
{
	const char *last = find_end(text);
	struct c_locale locale;
	char *stop;

	if (last == NULL)
		return false;
	enter_c_locale(&locale);
	double value = strtod(text, &stop);
	leave_c_locale(&locale);
	if (stop != last)
		value = 0.0; /* strtod() took "0x1f" as hexadecimal; the number is its "0" */
	if (!isfinite(value))
		return false;
	*out = value;
	*end = last;
	return true;
}
