/* SPDX-License-Identifier: MIT
 *
 * What sensors say has few digits, and is read and written by exact arithmetic here; the C
 * library does the rest.
 */
#include "metric/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Decimals of which one operation makes a double ----
 *
 * Whole numbers up to 2**53 and powers of ten up to 10**22 are doubles, and IEEE 754 rounds their
 * products and quotients correctly. Source: W. D. Clinger, "How to Read Floating Point Numbers
 * Accurately", 1990. */

enum { POWER_MAX = 22 };

static const double powers[POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static const uint64_t digits_max = UINT64_C(1) << DBL_MANT_DIG;

/* A processor that computes with more digits than a double has rounds twice. */
static const bool rounds_once = FLT_EVAL_METHOD == 0;

/* digits * 10**exponent */
struct decimal {
	uint64_t digits;
	int exponent;
};

static bool decimal_value(const struct decimal *decimal, double *out)
{
	double digits = (double)decimal->digits;

	if (decimal->digits == 0) {
		*out = 0.0;
		return true;
	}
	if (!rounds_once || decimal->digits > digits_max || decimal->exponent < -POWER_MAX ||
	    decimal->exponent > POWER_MAX)
		return false;
	*out = decimal->exponent < 0 ? digits / powers[-decimal->exponent]
				     : digits * powers[decimal->exponent];
	return true;
}

/* ---- Through the C library ---- */

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

static size_t format_any(double value, char *text)
{
	/* 15 digits survive the way through any double but the subnormal ones,
	 * which have fewer; 17 are always enough. */
	int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
	struct c_locale locale;
	int length;

	enter_c_locale(&locale);
	do
		length = snprintf(text, NUMBER_TEXT_SIZE, "%.*g", digits, value);
	while (digits++ < DBL_DECIMAL_DIG && strtod(text, NULL) != value);
	leave_c_locale(&locale);
	return (size_t)length;
}

static double parse_any(const char *text)
{
	struct c_locale locale;

	enter_c_locale(&locale);
	double value = strtod(text, NULL);
	leave_c_locale(&locale);
	return value;
}

/* ---- Writing ---- */

/* The shortest decimal of at most 15 digits that reads as the value. Rounding finds the digits,
 * since the product is off by less than a quarter. */
static bool find_short(double value, struct decimal *out)
{
	for (int scale = 0; scale <= POWER_MAX && value * powers[scale] < 1e15; scale++) {
		const int64_t digits = (int64_t)(value * powers[scale] + 0.5);
		if ((double)digits / powers[scale] != value)
			continue;
		*out = (struct decimal){(uint64_t)digits, -scale};
		return true;
	}
	return false;
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

enum { MANTISSA_BITS = DBL_MANT_DIG - 1, EXPONENT_BIAS = DBL_MAX_EXP - 1 };

/* The decimal of so many digits behind the point that is nearest to the value, which is
 * mantissa / 2**shift; whether it reads as the value. All is exact: 53 bits and those of 10**20. */
static bool find_nearest(double value, int scale, struct decimal *out)
{
	uint64_t bits;
	wide ten = 1;

	memcpy(&bits, &value, sizeof bits);
	const uint64_t hidden = UINT64_C(1) << MANTISSA_BITS;
	const uint64_t mantissa = (bits & (hidden - 1)) | hidden;
	const int shift = EXPONENT_BIAS + MANTISSA_BITS - (int)(bits >> MANTISSA_BITS);
	for (int i = 0; i < scale; i++)
		ten *= 10;
	const wide scaled = mantissa * ten;
	const wide half = (wide)1 << (shift - 1);
	wide digits = (scaled + half) >> shift;
	if ((scaled & (2 * half - 1)) == half)
		digits &= ~(wide)1;
	*out = (struct decimal){(uint64_t)digits, -scale};
	/* It does within half of the way to the next double; in between, with the even one. Below a
	 * power of two that way is half as long. */
	const bool below = digits << shift < scaled;
	const wide off = below ? scaled - (digits << shift) : (digits << shift) - scaled;
	if (below && mantissa == hidden)
		return 4 * off <= ten;
	return 2 * off < ten || (2 * off == ten && mantissa % 2 == 0);
}

/* The one of 16 or 17 digits, where no shorter one reads as the value. */
static bool find_long(double value, struct decimal *out)
{
	int scale = 15;

	for (int i = 1; value >= powers[i]; i++)
		scale--;
	for (int i = 0; value < 1 / powers[i]; i++)
		scale++;
	return find_nearest(value, scale, out) || find_nearest(value, scale + 1, out);
}
#else
static bool find_long(double value, struct decimal *out)
{
	(void)value, (void)out;
	return false;
}
#endif

/* Other magnitudes than these have an exponent. */
static bool find_decimal(double value, struct decimal *out)
{
	if (value == 0.0) {
		*out = (struct decimal){0};
		return true;
	}
	return rounds_once && value >= 1e-4 && value < 1e15 &&
	       (find_short(value, out) || find_long(value, out));
}

static size_t write_decimal(const struct decimal *decimal, bool negative, char *text)
{
	char backwards[NUMBER_TEXT_SIZE];
	char *const end = backwards + sizeof backwards - 1;
	char *at = end;
	uint64_t digits = decimal->digits;

	*end = '\0';
	for (int i = decimal->exponent; digits > 0 || i <= 0; i++) {
		if (i == 0 && decimal->exponent < 0)
			*--at = '.';
		*--at = (char)('0' + digits % 10);
		digits /= 10;
	}
	if (negative)
		*--at = '-';
	memcpy(text, at, (size_t)(end - at) + 1);
	return (size_t)(end - at);
}

size_t number_format(double value, char *text)
{
	struct decimal decimal;

	if (find_decimal(fabs(value), &decimal))
		return write_decimal(&decimal, value < 0, text);
	return format_any(value, text);
}

size_t number_format_whole(uint64_t value, char *text)
{
	const struct decimal decimal = {.digits = value};

	return write_decimal(&decimal, false, text);
}

/* ---- Reading ---- */

/* Those of a number that has too many count as too large; how large does not matter. */
static const char *take_digits(const char *at, struct decimal *decimal)
{
	for (; *at >= '0' && *at <= '9'; at++)
		if (decimal->digits <= digits_max)
			decimal->digits = decimal->digits * 10 + (uint64_t)(*at - '0');
	return at;
}

/* Behind an e. Beyond the limit it does not matter how far. */
static const char *take_exponent(const char *at, int *out)
{
	const bool negative = *at == '-';
	struct decimal decimal = {0};
	const char *digits = *at == '+' || *at == '-' ? at + 1 : at;
	const char *end = take_digits(digits, &decimal);

	if (end == digits)
		return NULL;
	int exponent = decimal.digits > 9999 ? 9999 : (int)decimal.digits;
	*out = negative ? -exponent : exponent;
	return end;
}

/* The end of the number at text, which has no sign; NULL when there is none. */
static const char *take_decimal(const char *text, struct decimal *out)
{
	const char *end = take_digits(text, out);
	size_t digits = (size_t)(end - text);
	int exponent = 0;

	if (*end == '.') {
		const char *fraction = end + 1;
		end = take_digits(fraction, out);
		digits += (size_t)(end - fraction);
		out->exponent = (int)(fraction - end);
	}
	if (digits == 0)
		return NULL;
	if (*end == 'e' || *end == 'E') {
		const char *exponent_end = take_exponent(end + 1, &exponent);
		end = exponent_end != NULL ? exponent_end : end;
	}
	out->exponent += exponent;
	return end;
}

bool number_parse(const char *text, double *out, const char **end)
{
	const char *unsigned_text = *text == '+' || *text == '-' ? text + 1 : text;
	struct decimal decimal = {0};
	const char *last = take_decimal(unsigned_text, &decimal);
	double value;

	if (last == NULL)
		return false;
	if (!decimal_value(&decimal, &value))
		value = parse_any(unsigned_text);
	if (!isfinite(value))
		return false;
	*out = *text == '-' ? -value : value;
	*end = last;
	return true;
}
