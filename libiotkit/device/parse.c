/* SPDX-License-Identifier: MIT */
#include "device/parse.h"

#include <string.h>

#include "base/error.h"
#include "device/scan.h"

void parser_start(struct parser *parser, const struct columns *columns)
{
	*parser = (struct parser){.fixed = columns != NULL};
	if (columns != NULL)
		parser->columns = *columns;
}

void parser_reopen(struct parser *parser)
{
	parser->header.count = 0;
}

static void copy_trimmed(char *to, const char *line, size_t size)
{
	while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	while (size > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	memcpy(to, line, size);
	to[size] = '\0';
}

static iotkit_status parse_values(struct parser *parser, struct parsed *out)
{
	struct csv_field fields[READINGS_MAX];
	size_t count = 0;
	iotkit_status status = csv_split(out->line, fields, &count);

	if (status != IOTKIT_OK)
		return status;
	if (parser->header.count == count) {
		parser->columns = parser->header;
		out->header_was_noise = false;
	}
	return csv_name(fields, count, &parser->columns, &out->readings);
}

static iotkit_status parse_words(struct parser *parser, struct parsed *out)
{
	struct columns header;
	struct quote quote;

	if (!columns_read_header(out->line, &header))
		return error_set(IOTKIT_EFORMAT,
				 "'%s' is not understood; print name:value pairs, a JSON object, "
				 "numbers, or # before what is no measurement",
				 quote_text(&quote, out->line));
	out->kind = PARSED_HEADER;
	if (!parser->fixed)
		parser->header = header;
	return IOTKIT_OK;
}

static iotkit_status parse_form(struct parser *parser, struct parsed *out)
{
	const char *line = out->line;

	if (*line == '{')
		return json_line_parse(out->line, &out->readings);
	if (*line == '[')
		return error_set(IOTKIT_EFORMAT,
				 "the line is a JSON array; print one object a line");
	if (strpbrk(line, ":=") != NULL)
		return plotter_parse(line, &out->readings);
	if (scan_is_value(line) || scan_is_separator(*line))
		return parse_values(parser, out);
	return parse_words(parser, out);
}

iotkit_status parse_line(struct parser *parser, const char *line, size_t size, struct parsed *out)
{
	out->kind = PARSED_METRICS;
	out->header_was_noise = false;
	out->text = "";
	readings_clear(&out->readings);
	if (size > LINE_SIZE_MAX)
		return error_set(IOTKIT_EFORMAT, "a line is longer than %d bytes", LINE_SIZE_MAX);
	copy_trimmed(out->line, line, size);
	if (out->line[0] == '#') {
		out->kind = PARSED_COMMENT;
		out->text = scan_blanks(out->line + 1);
		return IOTKIT_OK;
	}
	size_t header_count = parser->header.count;
	out->header_was_noise = header_count > 0;
	iotkit_status status = parse_form(parser, out);
	if (out->kind != PARSED_HEADER || status != IOTKIT_OK)
		parser->header.count = 0;
	if (status == IOTKIT_OK && out->kind == PARSED_METRICS && out->readings.count == 0)
		return error_set(IOTKIT_EFORMAT, "the line has no number to publish");
	return status;
}
