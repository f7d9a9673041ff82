/* SPDX-License-Identifier: MIT
 *
 * Bytes through the splitter and the parser. Promised for any of them: what is
 * published are finite numbers with names and units that keep their bounds, a
 * refusal has a sentence, and a good line after a newline is read.
 */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "device/line.h"
#include "device/parse.h"

static struct line_splitter splitter;
static struct parser parser;
static struct parsed parsed;

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check_text(const char *text, size_t max)
{
	size_t size = strnlen(text, max + 1);

	promise(size <= max && utf8_valid(text, size));
}

static void check_line(const struct line *line)
{
	if (line->fault != LINE_GOOD)
		return;
	promise(line->size > 0 && line->size <= LINE_SIZE_MAX && strlen(line->text) == line->size);
	if (parse_line(&parser, line->text, line->size, &parsed) != IOTKIT_OK) {
		promise(*error_last() != '\0');
		check_text(error_last(), ERROR_TEXT_SIZE);
		return;
	}
	check_text(parsed.text, LINE_SIZE_MAX);
	check_text(parsed.readings.first_not_number.text, QUOTE_MAX + 3);
	promise(parsed.kind != PARSED_METRICS || parsed.readings.count > 0);
	promise(parsed.readings.count <= READINGS_MAX);
	for (size_t i = 0; i < parsed.readings.count; i++) {
		const struct reading *reading = &parsed.readings.items[i];
		promise(isfinite(reading->value) && reading->name[0] != '\0');
		check_text(reading->name, METRIC_NAME_MAX);
		check_text(reading->unit, METRIC_UNIT_MAX);
	}
}

static void feed(const char *bytes, size_t size)
{
	struct line line;

	while (line_next(&splitter, &bytes, &size, LINE_SETTLE_MS, &line))
		check_line(&line);
	promise(size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char good[] = "\nprobe:1\n";
	const char *text = (const char *)bytes;
	/* Where reads split the bytes is the first one's choice. */
	size_t half = size > 0 ? bytes[0] * size / 256 : 0;

	line_start(&splitter, 0);
	parser_start(&parser, NULL);
	feed(text, half);
	feed(text + half, size - half);
	feed(good, sizeof good - 1);
	promise(parsed.kind == PARSED_METRICS && parsed.readings.count == 1);
	promise(strcmp(parsed.readings.items[0].name, "probe") == 0);
	promise(splitter.size == 0);
	return 0;
}
