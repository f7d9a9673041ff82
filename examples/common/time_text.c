/* SPDX-License-Identifier: MIT */
#include "time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static const struct unit {
	char letter; /* as it is typed */
	const char *name; /* as it is shown */
	int64_t ms;
} units[] = {
	{'w', NULL, 7 * DAY_MS}, /* nobody says that something is 1 w 2 d old */
	{'d', "d", DAY_MS},      {'h', "h", HOUR_MS},
	{'m', "min", MINUTE_MS}, {'s', "s", SECOND_MS},
};

enum { UNIT_COUNT = sizeof units / sizeof units[0] };

int64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

static const char *write_moment(int64_t moment_ms, bool local, char text[TIME_TEXT_SIZE])
{
	int64_t rest_ms = (moment_ms % SECOND_MS + SECOND_MS) % SECOND_MS;
	time_t seconds = (time_t)((moment_ms - rest_ms) / SECOND_MS);
	struct tm parts;
	char zone[8] = "Z";

	if ((local ? localtime_r : gmtime_r)(&seconds, &parts) == NULL ||
	    parts.tm_year > 9999 - 1900 ||
	    strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
		strcpy(text, "?"); /* a clock gone wild */
		return text;
	}
	size_t used = strlen(text);
	if (local) /* "+0100" */
		strftime(zone, sizeof zone, "%z", &parts);
	snprintf(text + used, TIME_TEXT_SIZE - used, ".%03d%.3s%s%s", (int)rest_ms, zone,
		 local ? ":" : "", local ? zone + 3 : "");
	return text;
}

const char *time_text(int64_t moment_ms, char text[TIME_TEXT_SIZE])
{
	return write_moment(moment_ms, false, text);
}

const char *time_text_local(int64_t moment_ms, char text[TIME_TEXT_SIZE])
{
	return write_moment(moment_ms, true, text);
}

const char *time_span_text(int64_t span_ms, char text[TIME_TEXT_SIZE])
{
	size_t i = 1;

	if (span_ms < 0) /* the clock was set back */
		span_ms = 0;
	while (i < UNIT_COUNT - 1 && span_ms < units[i].ms)
		i++;
	int64_t count = span_ms / units[i].ms;
	int64_t rest = 0;
	if (i + 1 < UNIT_COUNT)
		rest = span_ms % units[i].ms / units[i + 1].ms;
	/* The seconds of something that is minutes old help nobody. */
	if (rest > 0 && units[i].ms > MINUTE_MS)
		snprintf(text, TIME_TEXT_SIZE, "%" PRId64 " %s %d %s", count, units[i].name,
			 (int)rest, units[i + 1].name);
	else
		snprintf(text, TIME_TEXT_SIZE, "%" PRId64 " %s", count, units[i].name);
	return text;
}

/* Takes up to `digits` digits off the text; false when there is none. */
static bool take_number(const char **text, int digits, int64_t *number)
{
	const char *start = *text;

	*number = 0;
	while (**text >= '0' && **text <= '9' && *text - start < digits)
		*number = *number * 10 + (*(*text)++ - '0');
	return *text > start;
}

static bool take_two_digits(const char **text, int64_t max, int64_t *number)
{
	const char *start = *text;

	return take_number(text, 2, number) && *text - start == 2 && *number <= max;
}

static bool take_mark(const char **text, char mark)
{
	if (**text != mark)
		return false;
	(*text)++;
	return true;
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* From 1970-01-01. */
static int64_t days_until(int64_t year, int64_t month, int64_t day)
{
	int64_t before = year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;

	for (int64_t i = 1; i < month; i++)
		days += days_of_month(year, i);
	return days + day - 1;
}

static bool take_date(const char **text, int64_t *moment_ms)
{
	const char *start = *text;
	int64_t year, month, day;

	if (!take_number(text, 4, &year) || *text - start != 4 || year < 1970)
		return false;
	if (!take_mark(text, '-') || !take_two_digits(text, 12, &month) || month == 0)
		return false;
	if (!take_mark(text, '-') || !take_two_digits(text, days_of_month(year, month), &day))
		return false;
	*moment_ms = days_until(year, month, day) * DAY_MS;
	return day > 0;
}

static bool take_time_of_day(const char **text, int64_t *moment_ms)
{
	int64_t hour, minute, second = 0;

	if (!take_two_digits(text, 23, &hour) || !take_mark(text, ':') ||
	    !take_two_digits(text, 59, &minute))
		return false;
	if (take_mark(text, ':') && !take_two_digits(text, 59, &second))
		return false;
	*moment_ms += hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
	if (take_mark(text, '.')) {
		const char *start = *text;
		int64_t fraction;
		if (!take_number(text, 3, &fraction))
			return false;
		for (int64_t digits = *text - start; digits < 3; digits++)
			fraction *= 10;
		*moment_ms += fraction;
	}
	return take_mark(text, 'Z');
}

static bool parse_date(const char *text, int64_t *moment_ms)
{
	if (!take_date(&text, moment_ms))
		return false;
	if (take_mark(&text, 'T') && !take_time_of_day(&text, moment_ms))
		return false;
	return *text == '\0';
}

bool time_parse(const char *text, int64_t now_ms, int64_t *moment_ms)
{
	const char *rest = text;
	int64_t count;

	if (take_number(&rest, 6, &count) && rest[0] != '\0' && rest[1] == '\0')
		for (size_t i = 0; i < UNIT_COUNT; i++)
			if (rest[0] == units[i].letter) {
				*moment_ms = now_ms - count * units[i].ms;
				return true;
			}
	return parse_date(text, moment_ms);
}
