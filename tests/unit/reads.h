/* SPDX-License-Identifier: MIT
 *
 * What lines say, for the suites of the forms they come in. The expected readings
 * are written as "name=value[unit]".
 */
#ifndef TESTS_UNIT_READS_H
#define TESTS_UNIT_READS_H

#include <stdio.h>
#include <string.h>

#include "device/parse.h"
#include "suite.h"

static struct parser parser;
static struct parsed parsed;

static inline void start_parser(void)
{
	parser_start(&parser, NULL);
}

static inline iotkit_status parse(const char *line)
{
	return parse_line(&parser, line, strlen(line), &parsed);
}

/* The readings of a line, as text. */
static inline const char *read_line(const char *line)
{
	static char text[8192];
	size_t size = 0;

	text[0] = '\0';
	ck_assert_msg(parse(line) == IOTKIT_OK, "%s: %s", line, iotkit_last_error());
	for (size_t i = 0; i < parsed.readings.count; i++) {
		const struct reading *reading = &parsed.readings.items[i];
		size += (size_t)snprintf(text + size, sizeof text - size, "%s%s=%.10g[%s]",
					 i > 0 ? " " : "", reading->name, reading->value,
					 reading->unit);
	}
	return text;
}

static inline void assert_reads(const char *line, const char *expected)
{
	const char *got = read_line(line);

	ck_assert_msg(strcmp(got, expected) == 0, "'%s' reads as '%s', not '%s'", line, got,
		      expected);
}

static inline void assert_refused(const char *line, const char *part)
{
	ck_assert_msg(parse(line) == IOTKIT_EFORMAT, "'%s' is not refused", line);
	ck_assert_msg(strstr(iotkit_last_error(), part) != NULL, "'%s' does not contain '%s'",
		      iotkit_last_error(), part);
}

static inline void assert_header(const char *line)
{
	read_line(line);
	ck_assert_msg(parsed.kind == PARSED_HEADER, "'%s' is no header", line);
}

#endif
