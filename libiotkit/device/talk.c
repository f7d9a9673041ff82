/* SPDX-License-Identifier: MIT
 *
 * Lines with frames in them: between the port, the kit and the sink.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "device/internal.h"
#include "device/quote.h"
#include "device/unit.h"

struct talk {
	struct devices *devices;
	struct device *device;
};

/* ---- What the kit needs ------------------------------------------------- */

void talk_position(struct devices *devices, const struct device *device,
		   struct device_position *out)
{
	const struct device_sink *sink = &devices->sink;

	*out = (struct device_position){0};
	if (sink->position != NULL)
		sink->position(sink->context, device->name, out);
}

static bool on_say(void *context, const struct frame *frame)
{
	struct device *device = ((const struct talk *)context)->device;

	return device->port.fd >= 0 && outgoing_add(&device->lines.outgoing, frame);
}

static iotkit_status take_metric(const struct talk *talk, const struct frame *frame,
				 const struct device_origin *origin)
{
	const struct device_sink *sink = &talk->devices->sink;
	const struct device *device = talk->device;
	const struct metric metric = {
		.device = device->name,
		.name = frame->name,
		.unit = unit_senml(frame->unit),
		.value = frame->number,
		.time_ms = device->read_wall_ms - (int64_t)frame->age_ms,
	};
	iotkit_status status = sink->numbered(sink->context, &metric, origin);

	if (status == IOTKIT_OK)
		lines_count(talk->devices, &(struct device_counters){.metrics = 1});
	return status;
}

static iotkit_status on_take(void *context, const struct frame *frame)
{
	const struct talk *talk = context;
	const struct device_sink *sink = &talk->devices->sink;
	const struct device *device = talk->device;
	const struct device_origin origin = {.boot = frame->id, .seq = frame->seq};

	if (atomic_load(&device->removed))
		return IOTKIT_ENOENT;
	if (frame->kind == FRAME_METRIC)
		return take_metric(talk, frame, &origin);
	const struct device_report report = {
		.device = device->name,
		.name = frame->name,
		.text = frame->value,
		.time_ms = device->read_wall_ms - (int64_t)frame->age_ms,
	};
	return sink->reported(sink->context, &report, &origin);
}

static void on_position(void *context, struct device_position *out)
{
	const struct talk *talk = context;

	talk_position(talk->devices, talk->device, out);
}

static void on_dropped(void *context, uint64_t count)
{
	const struct talk *talk = context;
	const struct device_sink *sink = &talk->devices->sink;

	lines_count(talk->devices, &(struct device_counters){.board_dropped = count});
	if (!atomic_load(&talk->device->removed))
		sink->board_dropped(sink->context, talk->device->name, count);
}

static struct kit_host host_of(struct talk *talk)
{
	return (struct kit_host){
		.context = talk,
		.say = on_say,
		.take = on_take,
		.position = on_position,
		.dropped = on_dropped,
	};
}

void talk_ask(struct devices *devices, struct device *device, int64_t now_ms)
{
	struct talk talk = {devices, device};
	const struct kit_host host = host_of(&talk);

	kit_ask(&device->lines.kit, now_ms, &host);
}

void talk_acknowledge(struct devices *devices, struct device *device)
{
	struct talk talk = {devices, device};
	const struct kit_host host = host_of(&talk);

	kit_acknowledge(&device->lines.kit, &host);
}

/* ---- Frames ------------------------------------------------------------- */

static void tell_hello(struct devices *devices, struct device *device)
{
	const struct kit_hello *hello = &device->lines.kit.hello;
	const char *at = kit_commands(hello);
	char text[FRAME_SIZE_MAX + 64];
	struct quote firmware;
	struct quote version;
	size_t size;

	snprintf(text, sizeof text, "firmware %s %s, takes %s",
		 quote_text(&firmware, kit_firmware(hello)),
		 quote_text(&version, kit_version(hello)),
		 *at == '\0' ? "no commands" : "the commands ");
	size = strlen(text);
	for (; *at != '\0' && size + 3 < sizeof text; at++) {
		text[size++] = *at;
		if (*at == ',')
			text[size++] = ' ';
	}
	text[size] = '\0';
	lines_log(devices, device, IOTKIT_OK, text);
}

static void tell_other_name(struct devices *devices, struct device *device)
{
	const char *name = kit_name(&device->lines.kit.hello);
	char text[ERROR_TEXT_SIZE];
	struct quote own;
	struct quote ours;

	if (device->lines.name_told || *name == '\0' || strcmp(name, device->name) == 0)
		return;
	device->lines.name_told = true;
	snprintf(text, sizeof text,
		 "the board calls itself '%s'; its readings are published as '%s'",
		 quote_text(&own, name), quote_text(&ours, device->name));
	lines_log(devices, device, IOTKIT_OK, text);
}

static void tell_stranger(struct devices *devices, struct device *device, uint32_t protocol)
{
	char text[ERROR_TEXT_SIZE];

	if (device->lines.stranger_told)
		return;
	device->lines.stranger_told = true;
	snprintf(text, sizeof text,
		 "the board speaks version %u of the line protocol, and this library version %d; "
		 "update the older one",
		 (unsigned int)protocol, KIT_PROTOCOL);
	lines_log(devices, device, IOTKIT_ENOTSUP, text);
}

/* Nothing can be taken before it is known whose it is: only a hello tells that. */
static bool settle_name(struct talk *talk, const struct frame *frame)
{
	struct device *device = talk->device;

	if (!device->provisional)
		return true;
	if (frame->kind != FRAME_HELLO) {
		talk_ask(talk->devices, device, device->read_ms);
		return false;
	}
	bool usable = *frame->name != '\0' && strlen(frame->name) <= METRIC_NAME_MAX;
	return device_settle_name(talk->devices, device, usable ? frame->name : NULL);
}

static void note_frame(struct devices *devices, struct device *device)
{
	struct lines *lines = &device->lines;

	lines->speaker = LINES_KIT;
	lines->framed = true;
	lines->frame_ms = device->read_ms;
	lines->plain_ms = 0;
	lines_heard(devices, device);
}

static void follow(struct devices *devices, struct device *device, const struct frame *frame,
		   enum kit_outcome outcome)
{
	switch (outcome) {
	case KIT_GREETED:
		tell_hello(devices, device);
		tell_other_name(devices, device);
		break;
	case KIT_STRANGER:
		tell_stranger(devices, device, frame->protocol);
		break;
	case KIT_REPEATED:
		lines_count(devices, &(struct device_counters){.frames_repeated = 1});
		break;
	case KIT_ANSWERED:
		monitor_lock(&devices->monitor);
		commands_answer(&device->lines.commands, frame->command, frame->result);
		monitor_unlock(&devices->monitor);
		break;
	case KIT_PASSED_OVER:
	case KIT_KNOWN:
	case KIT_TAKEN:
		break;
	}
}

static void take_frame(struct devices *devices, struct device *device, const struct frame *frame)
{
	struct talk talk = {devices, device};
	const struct kit_host host = host_of(&talk);

	if (kit_is_foreign(frame) || !settle_name(&talk, frame))
		return;
	note_frame(devices, device);
	if (!atomic_load(&device->removed))
		follow(devices, device, frame,
		       kit_take(&device->lines.kit, frame, device->read_ms, &host));
}

/* ---- Lines -------------------------------------------------------------- */

static void complain_of_damage(struct devices *devices, struct device *device)
{
	if (device->lines.speaker == LINES_KIT)
		lines_complain(devices, device, REPORT_DAMAGED,
			       "a frame came damaged, and is waited for once more; if that "
			       "happens often, look at the cable, or choose a lower baud rate");
	else
		lines_complain(devices, device, REPORT_DAMAGED,
			       "a line with a ~ was left out, since it may be a damaged frame; if "
			       "the board runs a plain sketch, add lines=plain to its port");
}

/* It is not acknowledged, and in the way of all that the board sends after it. */
static void complain_of_form(struct devices *devices, struct device *device,
			     const struct line *line)
{
	struct quote quote;
	char text[QUOTE_MAX + 256];

	snprintf(text, sizeof text,
		 "a frame came as it was sent, but is none of version 1 of the protocol, and is "
		 "never "
		 "acknowledged; compare kind and fields with docs/line-protocol.md: '%s'",
		 quote_bytes(&quote, line->text, line->size));
	lines_complain(devices, device, REPORT_FOREIGN, text);
}

/* What stands before a frame: a debug print without its newline, or half a frame. */
static void take_prefix(struct devices *devices, struct device *device, const struct line *line,
			size_t size)
{
	char text[LINE_SIZE_MAX + 1];

	while (size > 0 && (line->text[size - 1] == ' ' || line->text[size - 1] == '\t'))
		size--;
	if (size == 0)
		return;
	if (frame_suspected(line->text, size)) {
		lines_count(devices, &(struct device_counters){.frames_damaged = 1});
		complain_of_damage(devices, device);
	} else if (line->fault != LINE_GOOD) {
		plain_complain_of_bytes(devices, device, line->fault);
	} else {
		memcpy(text, line->text, size);
		text[size] = '\0';
		lines_log(devices, device, IOTKIT_OK, text);
	}
}

void talk_take_line(struct devices *devices, struct device *device, const struct line *line)
{
	struct frame frame;
	size_t prefix = 0;

	if (!frame_read(line->text, line->size, &frame, &devices->frame_text, &prefix)) {
		lines_count(devices, &(struct device_counters){
					     .lines = 1, .lines_rejected = 1, .frames_damaged = 1});
		if (line->may_be_cut)
			plain_complain_of_cut(devices, device);
		else if (frame_came_whole(line->text, line->size))
			complain_of_form(devices, device, line);
		else
			complain_of_damage(devices, device);
		return;
	}
	lines_count(devices, &(struct device_counters){.lines = 1, .frames = 1});
	take_prefix(devices, device, line, prefix);
	if (!atomic_load(&device->removed))
		take_frame(devices, device, &frame);
}
