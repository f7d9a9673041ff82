/* SPDX-License-Identifier: MIT
 *
 * The lines of one board: which of them are frames, which are plain, and what it means that
 * none come.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "device/internal.h"

/* ---- Telling ------------------------------------------------------------ */

void lines_log(struct devices *devices, struct device *device, iotkit_status status,
	       const char *text)
{
	if (!atomic_load(&device->removed))
		devices->sink.log(devices->sink.context, device->name, status, text);
}

void lines_complain(struct devices *devices, struct device *device, enum report_kind kind,
		    const char *text)
{
	char whole[ERROR_TEXT_SIZE + 64];
	uint64_t kept_back = 0;

	if (port_reset_booting(&device->reset, device->read_ms))
		return;
	if (!report_due(&device->report, kind, device->read_ms, &kept_back))
		return;
	if (kept_back > 0)
		snprintf(whole, sizeof whole, "%s (and %" PRIu64 " more like it)", text, kept_back);
	else
		snprintf(whole, sizeof whole, "%s", text);
	lines_log(devices, device, IOTKIT_EFORMAT, whole);
}

void lines_count(struct devices *devices, const struct device_counters *more)
{
	struct device_counters *counters = &devices->counters;

	monitor_lock(&devices->monitor);
	counters->lines += more->lines;
	counters->lines_rejected += more->lines_rejected;
	counters->metrics += more->metrics;
	counters->frames += more->frames;
	counters->frames_damaged += more->frames_damaged;
	counters->frames_repeated += more->frames_repeated;
	counters->board_dropped += more->board_dropped;
	monitor_unlock(&devices->monitor);
}

/* ---- Silence ------------------------------------------------------------ */

/* Is it minded that the board says nothing? */
static bool is_watched(const struct device *device)
{
	const struct lines *lines = &device->lines;

	return device->port.fd >= 0 && lines->silent_ms > 0 && !device->provisional &&
	       (lines->speaker == LINES_KIT || lines->silent_plain);
}

static int64_t ask_pause_ms(const struct lines *lines)
{
	int64_t half = lines->silent_ms / 2;

	return half > KIT_PAUSE_MS ? half : KIT_PAUSE_MS;
}

void lines_heard(struct devices *devices, struct device *device)
{
	struct lines *lines = &device->lines;
	char text[PORT_PATH_MAX + 64];

	lines->heard_ms = device->read_ms;
	lines->ask_ms = device->read_ms + ask_pause_ms(lines);
	if (!lines->silent)
		return;
	lines->silent = false;
	snprintf(text, sizeof text, "the board at %s is heard again", device->settings.path);
	devices->sink.state(devices->sink.context, device->name, true, IOTKIT_OK, text);
}

static int64_t silence_due(const struct device *device)
{
	const struct lines *lines = &device->lines;
	int64_t due = CLOCK_NEVER;

	if (!is_watched(device))
		return due;
	if (!lines->silent)
		due = lines->heard_ms + lines->silent_ms;
	if (lines->speaker == LINES_KIT && lines->ask_ms < due)
		due = lines->ask_ms;
	return due;
}

static void mind_silence(struct devices *devices, struct device *device, int64_t now_ms)
{
	struct lines *lines = &device->lines;
	char text[PORT_PATH_MAX + 256];

	if (!is_watched(device))
		return;
	if (lines->speaker == LINES_KIT && now_ms >= lines->ask_ms) {
		talk_ask(devices, device, now_ms);
		lines->ask_ms = now_ms + ask_pause_ms(lines);
	}
	if (lines->silent || now_ms < lines->heard_ms + lines->silent_ms)
		return;
	lines->silent = true;
	snprintf(text, sizeof text,
		 "%s is open, but the board has said nothing for %" PRId64
		 " ms; does its sketch run, and at this baud rate? If it sleeps for longer, raise "
		 "silent_ms",
		 device->settings.path, now_ms - lines->heard_ms);
	devices->sink.state(devices->sink.context, device->name, false, IOTKIT_ETIMEOUT, text);
}

/* ---- Lines -------------------------------------------------------------- */

/* Is a plain line only a kit's debug print? It is until nothing else came for long. */
static bool is_debug_print(struct devices *devices, struct device *device, const struct line *line)
{
	struct lines *lines = &device->lines;

	if (device->settings.lines == PORT_LINES_FRAMED)
		return true;
	if (lines->speaker != LINES_KIT)
		return false;
	if (line->fault != LINE_GOOD)
		return true;
	if (lines->plain_ms == 0)
		lines->plain_ms = device->read_ms;
	if (device->read_ms - lines->plain_ms < LINES_PLAIN_AGAIN_MS)
		return true;
	lines->speaker = LINES_PLAIN;
	lines->framed = false;
	lines_log(devices, device, IOTKIT_OK,
		  "the board has sent nothing but plain lines for 30 s: they are read as "
		  "measurements again");
	return false;
}

static void take_line(struct devices *devices, struct device *device, const struct line *line)
{
	struct lines *lines = &device->lines;

	if (lines->speaker != LINES_KIT)
		lines_heard(devices, device);
	if (device->settings.lines != PORT_LINES_PLAIN && frame_suspected(line->text, line->size)) {
		talk_take_line(devices, device, line);
	} else if (!is_debug_print(devices, device, line)) {
		if (lines->speaker == LINES_UNHEARD && line->fault == LINE_GOOD)
			lines->speaker = LINES_PLAIN;
		plain_take_line(devices, device, line);
	} else if (line->fault == LINE_GOOD) {
		lines_count(devices, &(struct device_counters){.lines = 1});
		lines_log(devices, device, IOTKIT_OK, line->text);
	} else {
		lines_count(devices, &(struct device_counters){.lines = 1, .lines_rejected = 1});
		plain_complain_of_bytes(devices, device, line->fault);
	}
}

/* ---- The port ----------------------------------------------------------- */

/* Who is going to speak, as far as that is known. */
static enum lines_speaker guess_speaker(struct devices *devices, const struct device *device)
{
	const struct lines *lines = &device->lines;
	struct device_position position = {0};

	if (device->settings.lines == PORT_LINES_PLAIN)
		return LINES_PLAIN;
	if (device->settings.lines == PORT_LINES_FRAMED || lines->speaker == LINES_KIT)
		return LINES_KIT;
	if (!lines->opened && !device->provisional)
		talk_position(devices, device, &position);
	return position.boot != FRAME_ID_NONE ? LINES_KIT : LINES_UNHEARD;
}

static void begin_silence(struct devices *devices, struct device *device, int64_t now_ms)
{
	struct lines *lines = &device->lines;

	lines->silent_plain = device->settings.silent_ms >= 0;
	lines->silent_ms = device->settings.silent_ms;
	if (!lines->silent_plain) {
		monitor_lock(&devices->monitor);
		lines->silent_ms = devices->defaults.silent_ms;
		monitor_unlock(&devices->monitor);
	}
	lines->silent = false;
	lines->heard_ms = now_ms;
	lines->ask_ms = now_ms + ask_pause_ms(lines);
}

void lines_opened(struct devices *devices, struct device *device)
{
	struct lines *lines = &device->lines;
	int64_t now = clock_monotonic_ms();

	line_start(&device->splitter, now);
	parser_reopen(&device->parser);
	lines->speaker = guess_speaker(devices, device);
	lines->opened = true;
	lines->framed = false;
	lines->plain_ms = 0;
	lines->kit.ask_ms = 0;
	begin_silence(devices, device, now);
	if (lines->speaker == LINES_KIT)
		talk_ask(devices, device, now);
}

void lines_closed(struct devices *devices, struct device *device)
{
	(void)devices;
	device->lines.outgoing.size = 0;
}

/* A kit waits for what answers its frames. */
static bool may_rest(const struct device *device)
{
	return device->lines.speaker == LINES_PLAIN && device->settings.baud <= REST_BAUD_MAX;
}

void lines_take(struct devices *devices, struct device *device, const char *bytes, size_t size)
{
	struct line line;
	size_t whole = size;
	bool ended = false;

	while (!atomic_load(&device->removed) &&
	       line_next(&device->splitter, &bytes, &size, device->read_ms, &line)) {
		take_line(devices, device, &line);
		ended = true;
	}
	if (ended && may_rest(device))
		rest_after_lines(&device->rest, whole, device->read_ms);
	if (atomic_load(&device->removed))
		return;
	if (device->lines.kit.ack_due)
		talk_acknowledge(devices, device);
	orders_pump(devices, device, device->read_ms);
}

bool lines_want_write(const struct device *device)
{
	return device->lines.outgoing.size > 0;
}

void lines_write(struct devices *devices, struct device *device)
{
	(void)devices;
	outgoing_write(&device->lines.outgoing, device->port.fd);
}

int64_t lines_due(const struct device *device)
{
	int64_t silence = silence_due(device);
	int64_t commands = device->lines.commands_due_ms;

	return silence < commands ? silence : commands;
}

void lines_tick(struct devices *devices, struct device *device, int64_t now_ms)
{
	unsigned int stirred = atomic_load(&devices->stirred);

	if (now_ms < lines_due(device) && stirred == device->lines.stirred)
		return;
	device->lines.stirred = stirred;
	if (device->port.fd >= 0)
		talk_acknowledge(devices, device);
	mind_silence(devices, device, now_ms);
	if (!atomic_load(&device->removed))
		orders_pump(devices, device, now_ms);
}
