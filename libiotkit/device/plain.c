/* SPDX-License-Identifier: MIT
 *
 * Lines that are no frames: what they say is handed on, and what is wrong with them is told.
 */
#include <stdio.h>
#include <string.h>

#include "device/internal.h"

/* What a board says while it boots is not held against it. */
static void count_line(struct devices *devices, const struct device *device, uint64_t rejected,
		       size_t metrics)
{
	if (port_reset_booting(&device->reset, device->read_ms))
		rejected = 0;
	lines_count(devices, &(struct device_counters){
				     .lines = 1, .lines_rejected = rejected, .metrics = metrics});
}

void plain_complain_of_bytes(struct devices *devices, struct device *device, enum line_fault fault)
{
	char rate[32] = "that of the port";
	char text[ERROR_TEXT_SIZE];

	if (device->settings.baud > 0)
		snprintf(rate, sizeof rate, "%d", device->settings.baud);
	if (fault == LINE_TOO_LONG) {
		snprintf(text, sizeof text,
			 "a line is longer than %d bytes; end it by println(), or is %s not the "
			 "board's baud rate?",
			 LINE_SIZE_MAX, rate);
		lines_complain(devices, device, REPORT_TOO_LONG, text);
	} else if (fault == LINE_CONTROL) {
		snprintf(text, sizeof text,
			 "a line has bytes that are no text; is %s the board's baud rate?", rate);
		lines_complain(devices, device, REPORT_CONTROL, text);
	} else {
		snprintf(text, sizeof text,
			 "a line is not UTF-8; is %s the board's baud rate, and does the sketch "
			 "print special characters, as the degree sign, in UTF-8?",
			 rate);
		lines_complain(devices, device, REPORT_NOT_UTF8, text);
	}
}

void plain_complain_of_cut(struct devices *devices, struct device *device)
{
	lines_complain(devices, device, REPORT_CUT,
		       "the first line after opening the port was left out: the board was "
		       "talking already, so its beginning may be missing");
}

static void hand_on(struct devices *devices, struct device *device, const struct readings *readings)
{
	if (!device_settle_name(devices, device, NULL))
		return;
	for (size_t i = 0; i < readings->count && !atomic_load(&device->removed); i++) {
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
	lines_complain(devices, device, REPORT_NOT_A_NUMBER, text);
}

/* A line of good bytes: what it says. */
static void take_text(struct devices *devices, struct device *device, const struct line *line)
{
	struct parsed *parsed = &devices->parsed;
	bool bad = parse_line(&device->parser, line->text, line->size, parsed) != IOTKIT_OK;
	uint64_t rejected = bad ? 1 : 0;

	count_line(devices, device, parsed->header_was_noise ? rejected + 1 : rejected,
		   bad ? 0 : parsed->readings.count);
	if (parsed->header_was_noise)
		lines_complain(devices, device, REPORT_MALFORMED,
			       "a line of words was no header, since no line of as many values "
			       "came after it; print # before what is no measurement");
	complain_of_values(devices, device, &parsed->readings);
	if (bad)
		lines_complain(devices, device, REPORT_MALFORMED, error_last());
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

void plain_take_line(struct devices *devices, struct device *device, const struct line *line)
{
	bool good = line->fault == LINE_GOOD;

	if (good && (!line->may_be_cut || shows_its_beginning(line))) {
		take_text(devices, device, line);
		return;
	}
	count_line(devices, device, 1, 0);
	if (line->may_be_cut)
		plain_complain_of_cut(devices, device);
	else
		plain_complain_of_bytes(devices, device, line->fault);
}
