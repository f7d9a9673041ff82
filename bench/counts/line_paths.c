/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/internal.h"
#include "paths.h"

enum { BOOT = 0x5f3a9c01, FIRST_SEQ = 10000 };

static struct devices *devices;
static struct device *device;
static size_t metrics;
static char line[FRAME_SIZE_MAX + 2];
static uint32_t seq; /* of a kit's last frame; 0: the board is none */

/* ---- A board, with nothing behind it ---- */

static void on_metric(void *context, const struct metric *metric)
{
	(void)context, (void)metric;
	metrics++;
}

static iotkit_status on_numbered(void *context, const struct metric *metric,
				 const struct device_origin *origin)
{
	(void)context, (void)metric, (void)origin;
	metrics++;
	return IOTKIT_OK;
}

static void on_log(void *context, const char *name, iotkit_status status, const char *text)
{
	(void)context, (void)name, (void)status, (void)text;
}

static void on_position(void *context, const char *name, struct device_position *out)
{
	(void)context, (void)name;
	if (seq != 0)
		*out = (struct device_position){.boot = BOOT, .taken = seq, .saved = seq};
}

static void open_board(void)
{
	static const struct device_sink sink = {
		.metric = on_metric,
		.numbered = on_numbered,
		.log = on_log,
		.position = on_position,
	};
	struct port_settings settings;

	metrics = 0;
	paths_expect(devices_open(&sink, &devices), "devices_open()");
	paths_expect(port_uri_parse("serial:/dev/null", &settings), "port_uri_parse()");
	paths_expect(device_new("greenhouse", &settings, &device), "device_new()");
	device->port.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	lines_opened(devices, device);
	device->read_ms = clock_monotonic_ms() + LINE_SETTLE_MS; /* a board that has booted */
}

static void close_board(void)
{
	if (metrics == 0)
		paths_fail("no line was understood");
	close(device->port.fd);
	device->port.fd = -1;
	device_free(device);
	devices_close(devices);
	seq = 0;
}

static void take_line(void)
{
	lines_take(devices, device, line, strlen(line));
}

/* ---- What it prints ---- */

static void begin(const char *text)
{
	open_board();
	strcpy(line, text);
}

static void begin_one(void)
{
	begin("t:21.5C\n");
}

static void begin_plotter(void)
{
	begin("temperature:21.5,humidity:40.25,pressure:1013.2,light:512\n");
}

static void begin_csv(void)
{
	begin("temperature,humidity,pressure,light\n");
	take_line();
	strcpy(line, "21.5,40.25,1013.2,512\n");
}

static void begin_json(void)
{
	begin("{\"temperature\":21.5,\"humidity\":40.25,\"pressure\":1013.2,\"light\":512}\n");
}

/* ---- A kit's frames ---- */

static void write_frame(const struct frame *frame)
{
	line[frame_write(frame, line, sizeof line - 1)] = '\0';
}

static void next_reading(void)
{
	outgoing_write(&device->lines.outgoing, device->port.fd);
	seq++;
	write_frame(&(struct frame){.kind = FRAME_METRIC,
				    .id = BOOT,
				    .seq = seq,
				    .base = seq,
				    .age_ms = 120,
				    .name = "temperature",
				    .number = 21.5,
				    .unit = "C"});
}

static void begin_frames(void)
{
	seq = FIRST_SEQ;
	open_board();
	write_frame(&(struct frame){.kind = FRAME_HELLO,
				    .id = BOOT,
				    .nonce = 1,
				    .protocol = KIT_PROTOCOL,
				    .room = 64,
				    .name = "greenhouse",
				    .firmware = "porch",
				    .version = "1",
				    .commands = ""});
	take_line();
	next_reading();
}

struct paths line_paths(void)
{
	static const struct path items[] = {
		{"line: t:21.5C", begin_one, take_line, NULL, close_board},
		{"line: 4 values as name:value", begin_plotter, take_line, NULL, close_board},
		{"line: 4 values with commas", begin_csv, take_line, NULL, close_board},
		{"line: 4 values as JSON", begin_json, take_line, NULL, close_board},
		{"line: a kit's frame", begin_frames, take_line, next_reading, close_board},
	};

	return (struct paths){items, sizeof items / sizeof items[0]};
}
