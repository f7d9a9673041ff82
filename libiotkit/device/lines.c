/* SPDX-License-Identifier: MIT
 *
 * The lines of one board: what they say is handed on, and what is wrong with
 * them is told.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "device/internal.h"

/* ---- Telling ------------------------------------------------------------ */

static bool is_removed(const struct device *device)
{
	return atomic_load(&device->removed);
}

void lines_log(struct devices *devices, struct device *device, iotkit_status status,
	       const char *text)
{
	if (!is_removed(device))
		devices->sink.log(devices->sink.context, device->name, status, text);
}

/* Complains of a line, unless this board has just complained of its like. */
static void complain(struct devices *devices, struct device *device, enum report_kind kind,
		     const char *text)
{
	char whole[ERROR_TEXT_SIZE + 64];
	uint64_t kept_back = 0;

	if (!report_due(&device->report, kind, device->read_ms, &kept_back))
		return;
	if (kept_back > 0)
		snprintf(whole, sizeof whole, "%s (and %llu more like it)", text,
			 (unsigned long long)kept_back);
	else
		snprintf(whole, sizeof whole, "%s", text);
	lines_log(devices, device, IOTKIT_EFORMAT, whole);
}

/* ---- What they say ------------------------------------------------------ */

static void count_line(struct devices *devices, uint64_t rejected, size_t metrics)
{
	monitor_lock(&devices->monitor);
	devices->counters.lines++;
	devices->counters.lines_rejected += rejected;
	devices->counters.metrics += metrics;
	monitor_unlock(&devices->monitor);
}

static void complain_of_bytes(struct devices *devices, struct device *device,
			      const struct line *line)
{
	int baud = device->settings.baud;
	char text[ERROR_TEXT_SIZE];

	if (line->fault == LINE_TOO_LONG) {
		snprintf(text, sizeof text,
			 "a line is longer than %d bytes; end it by println(), or is %d not the "
			 "board's baud rate?",
			 LINE_SIZE_MAX, baud);
		complain(devices, device, REPORT_TOO_LONG, text);
	} else if (line->fault == LINE_CONTROL) {
		snprintf(text, sizeof text,
			 "a line has bytes that are no text; is %d the board's baud rate?", baud);
		complain(devices, device, REPORT_CONTROL, text);
	} else {
		snprintf(text, sizeof text,
			 "a line is not UTF-8; is %d the board's baud rate, and does the sketch "
			 "print special characters, as the degree sign, in UTF-8?",
			 baud);
		complain(devices, device, REPORT_NOT_UTF8, text);
	}
}

static void hand_on(struct devices *devices, struct device *device, const struct readings *readings)
{
	for (size_t i = 0; i < readings->count && !is_removed(device); i++) {
		const struct reading *reading = &readings->items[i];
		struct metric metric = {
			.device = device->name,
			.name = reading->name,
			.unit = reading->unit,
			.value = reading->value,
			.time_ms = device->read_wall_ms,
		};
		devices->sink.metric(devices->sink.context, &metric);
	}
}

static void complain_of_values(struct devices *devices, struct device *device,
			       const struct readings *readings)
{
	const char *name = readings->first_not_number.text;
	char text[ERROR_TEXT_SIZE];

	if (readings->not_numbers == 0)
		return;
	snprintf(text, sizeof text,
		 "%s%s%s was left out, since the board sent nan, inf or ovf for it; does its "
		 "sensor answer?",
		 *name != '\0' ? "'" : "", *name != '\0' ? name : "a value",
		 *name != '\0' ? "'" : "");
	complain(devices, device, REPORT_NOT_A_NUMBER, text);
}

/* A line of good bytes: what it says. */
static void take_text(struct devices *devices, struct device *device, const struct line *line)
{
	struct parsed *parsed = &devices->parsed;
	bool bad = parse_line(&device->parser, line->text, line->size, parsed) != IOTKIT_OK;
	uint64_t rejected = bad ? 1 : 0;

	count_line(devices, parsed->header_was_noise ? rejected + 1 : rejected,
		   bad ? 0 : parsed->readings.count);
	if (parsed->header_was_noise)
		complain(devices, device, REPORT_MALFORMED,
			 "a line of words was no header, since no line of as many values came "
			 "after it; print # before what is no measurement");
	complain_of_values(devices, device, &parsed->readings);
	if (bad)
		complain(devices, device, REPORT_MALFORMED, error_last());
	else if (parsed->kind == PARSED_COMMENT)
		lines_log(devices, device, IOTKIT_OK, parsed->text);
	else if (parsed->kind == PARSED_METRICS)
		hand_on(devices, device, &parsed->readings);
}

/* Half a JSON object is no JSON, and half a comment no comment: those are safe
 * even where the beginning of the line may be missing. */
static bool shows_its_beginning(const struct line *line)
{
	const char *text = line->text + strspn(line->text, " \t");

	return *text == '{' || *text == '#';
}

static void take_line(struct devices *devices, struct device *device, const struct line *line)
{
	bool good = line->fault == LINE_GOOD;

	if (good && (!line->may_be_cut || shows_its_beginning(line))) {
		take_text(devices, device, line);
		return;
	}
	count_line(devices, 1, 0);
	if (line->may_be_cut)
		complain(devices, device, REPORT_CUT,
			 "the first line after opening the port was left out: the board was "
			 "talking already, so its beginning may be missing");
	else
		complain_of_bytes(devices, device, line);
}

/* ---- The port ----------------------------------------------------------- */

void lines_opened(struct devices *devices, struct device *device)
{
	(void)devices;
	line_start(&device->splitter, clock_monotonic_ms());
	parser_reopen(&device->parser);
}

void lines_closed(struct devices *devices, struct device *device)
{
	(void)devices, (void)device;
}

void lines_take(struct devices *devices, struct device *device, const char *bytes, size_t size)
{
	struct line line;

	while (!is_removed(device) &&
	       line_next(&device->splitter, &bytes, &size, device->read_ms, &line))
		take_line(devices, device, &line);
}

bool lines_want_write(const struct device *device)
{
	(void)device;
	return false;
}

void lines_write(struct devices *devices, struct device *device)
{
	(void)devices, (void)device;
}

int64_t lines_due(const struct device *device)
{
	(void)device;
	return CLOCK_NEVER;
}

void lines_tick(struct devices *devices, struct device *device, int64_t now_ms)
{
	(void)devices, (void)device, (void)now_ms;
}
