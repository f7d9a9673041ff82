/* SPDX-License-Identifier: MIT
 *
 * One board: its port's comings and goings, and its lines.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/internal.h"

/* ---- Telling ------------------------------------------------------------ */

static bool is_removed(const struct device *device)
{
	return atomic_load(&device->removed);
}

static void tell_offline(struct devices *devices, struct device *device, iotkit_status status,
			 const char *text)
{
	device->told = true;
	reason_set(&device->told_why, status, "%s", text);
	device->last_why = device->told_why;
	devices->sink.state(devices->sink.context, device->name, false, status, text);
}

static void tell_online(struct devices *devices, struct device *device)
{
	char text[PORT_PATH_MAX + 64];

	device->told = true;
	snprintf(text, sizeof text, "%s is open at %d baud, %s", device->settings.path,
		 device->settings.baud, port_driver(&device->port));
	devices->sink.state(devices->sink.context, device->name, true, IOTKIT_OK, text);
}

static void log_line(struct devices *devices, struct device *device, iotkit_status status,
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
	log_line(devices, device, IOTKIT_EFORMAT, whole);
}

/* ---- The port ----------------------------------------------------------- */

/* An attempt failed. Offline is told once; that there is another reason by now is
 * worth a log, if it lasts: while the system sets a new port up, it is refused for
 * a moment. That a lost port is not there needs no words. */
static void note_failure(struct devices *devices, struct device *device, const struct reason *why)
{
	bool lasts = strcmp(why->text, device->last_why.text) == 0;

	if (!device->told) {
		tell_offline(devices, device, why->status, why->text);
		return;
	}
	device->last_why = *why;
	if (!lasts || why->status == IOTKIT_ENOENT || strcmp(why->text, device->told_why.text) == 0)
		return;
	device->told_why = *why;
	log_line(devices, device, why->status, why->text);
}

void device_try(struct devices *devices, struct device *device, int64_t now_ms)
{
	iotkit_status status = port_open(&device->settings, &device->port);
	struct reason why;

	if (status != IOTKIT_OK) {
		device->retry_ms = now_ms + DEVICE_RETRY_MS;
		reason_capture(&why);
		note_failure(devices, device, &why);
		return;
	}
	line_start(&device->splitter, clock_monotonic_ms());
	parser_reopen(&device->parser);
	tell_online(devices, device);
}

static void lose_port(struct devices *devices, struct device *device)
{
	struct reason why;

	port_close(&device->port);
	device->retry_ms = clock_monotonic_ms() + DEVICE_RETRY_MS;
	reason_set(&why, IOTKIT_ESYSTEM,
		   "%s is gone: the cable was pulled, or the board has lost power or been reset; "
		   "waiting for it",
		   device->settings.path);
	tell_offline(devices, device, why.status, why.text);
}

void device_retire(struct devices *devices, struct device *device)
{
	char text[PORT_PATH_MAX + 64];

	device->retired = true;
	if (device->port.fd < 0)
		return;
	port_close(&device->port);
	snprintf(text, sizeof text, "%s is closed: the device was removed", device->settings.path);
	tell_offline(devices, device, IOTKIT_OK, text);
}

/* ---- Its lines ---------------------------------------------------------- */

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
		log_line(devices, device, IOTKIT_OK, parsed->text);
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

void device_read(struct devices *devices, struct device *device)
{
	char bytes[DEVICE_TURN_BYTES];
	ssize_t got = read(device->port.fd, bytes, sizeof bytes);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lose_port(devices, device);
		return;
	}
	device->read_ms = clock_monotonic_ms();
	device->read_wall_ms = clock_wall_ms();
	monitor_lock(&devices->monitor);
	devices->counters.bytes += (uint64_t)got;
	monitor_unlock(&devices->monitor);

	const char *at = bytes;
	size_t left = (size_t)got;
	struct line line;
	while (!is_removed(device) &&
	       line_next(&device->splitter, &at, &left, device->read_ms, &line))
		take_line(devices, device, &line);
}
