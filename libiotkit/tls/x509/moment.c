/* SPDX-License-Identifier: MIT */
#include "tls/x509/moment.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/new_file.h"

#ifndef IOTKIT_BUILD_TIME
#error "IOTKIT_BUILD_TIME, the seconds since 1970 of this build, comes from CMakeLists.txt"
#endif

enum { LINE_SIZE = 96, KEEP_EVERY_S = 60 };

/* No certificate is judged by this library so much later. */
#define LATEST_MOMENT (IOTKIT_BUILD_TIME + INT64_C(50) * 365 * MOMENT_DAY_S)

/* The day of the Gregorian calendar, counted from 1970-01-01. Done here because a
 * time_t of 32 bits, as on many a Raspberry Pi, ends in 2038. A year begins in March,
 * so that its leap day is its last. */
static int64_t day_number(int64_t year, int month, int day)
{
	int64_t from_march = (month + 9) % 12;
	int64_t y = month <= 2 ? year - 1 : year;

	return y * 365 + y / 4 - y / 100 + y / 400 + (from_march * 153 + 2) / 5 + day - 719469;
}

int64_t moment_of(const struct moment_parts *parts)
{
	int64_t days = day_number(parts->year, parts->month, parts->day);

	return days * MOMENT_DAY_S + parts->hour * 3600 + parts->minute * 60 + parts->second;
}

static struct moment_parts parts_of(int64_t moment)
{
	int64_t day = moment / MOMENT_DAY_S, second = moment % MOMENT_DAY_S;
	struct moment_parts parts = {.year = (int)(day / 366) + 1970,
				     .month = 12,
				     .day = 1,
				     .hour = (int)(second / 3600),
				     .minute = (int)(second / 60 % 60),
				     .second = (int)(second % 60)};

	while (day >= day_number(parts.year + 1, 1, 1))
		parts.year++;
	while (day < day_number(parts.year, parts.month, 1))
		parts.month--;
	parts.day += (int)(day - day_number(parts.year, parts.month, 1));
	return parts;
}

void moment_text(int64_t moment, char text[MOMENT_TEXT_SIZE])
{
	static const struct moment_parts last = {9999, 12, 31, 23, 59, 59};
	int64_t latest = moment_of(&last);
	struct moment_parts p = parts_of(moment < 0 ? 0 : moment > latest ? latest : moment);

	snprintf(text, MOMENT_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d UTC", p.year, p.month,
		 p.day, p.hour, p.minute, p.second);
}

static void write_line(int64_t moment, char line[LINE_SIZE])
{
	char text[MOMENT_TEXT_SIZE];

	moment_text(moment, text);
	snprintf(line, LINE_SIZE, "%lld %s\n", (long long)moment, text);
}

/* The moment in the file; 0 when there is none. The line says it twice: where
 * the two differ, the file is damaged. */
static int64_t read_kept(const char *path)
{
	char line[LINE_SIZE] = "", expected[LINE_SIZE];
	/* O_NONBLOCK: of a FIFO it would wait for a writer. */
	int fd = path[0] != '\0' ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd < 0)
		return 0;
	ssize_t size = read(fd, line, sizeof line - 1);
	close(fd);
	int64_t moment = size > 0 ? strtoll(line, NULL, 10) : 0;
	if (moment <= 0 || moment > LATEST_MOMENT)
		return 0;
	write_line(moment, expected);
	return strcmp(line, expected) == 0 ? moment : 0;
}

struct moment moment_now(const struct moment_clock *clock)
{
	int64_t system = clock_wall_ms() / 1000;
	struct moment moment = {.now = system, .system = system};

	if (!clock->floor)
		return moment;
	int64_t kept = read_kept(clock->file);
	int64_t floor = kept > IOTKIT_BUILD_TIME ? kept : IOTKIT_BUILD_TIME;
	if (floor > system)
		moment.now = floor;
	return moment;
}

void moment_keep(const struct moment_clock *clock, int64_t now)
{
	char line[LINE_SIZE];
	const struct new_file file = {
		.what = "clock", .path = clock->file, .text = line, .replace = true};

	/* Not at each connection: flash memory wears out. */
	if (clock->file[0] == '\0' || now > LATEST_MOMENT ||
	    now - read_kept(clock->file) <= KEEP_EVERY_S)
		return;
	write_line(now, line);
	/* A failure does not matter: the next connection tries again. */
	new_file_write(&file);
}
