/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "api/handle.h"
#include "paths.h"

static iotkit *iot;
static const char payload[64] = "what a small message has to say, padded with spaces to 64 bytes";

/* ---- A handle that never connects; the test is its session ---- */

static void set(const char *name, const char *value)
{
	paths_expect(iotkit_set_option(iot, name, value), name);
}

static void begin(void)
{
	paths_expect(iotkit_open(NULL, &iot), "iotkit_open()");
	set("metric.qos", "1");
}

static void begin_json(void)
{
	begin();
	set("payload", "json");
}

/* Packs that are closed when they are full, never by time. */
static void begin_senml(void)
{
	begin();
	set("payload", "senml");
	set("batch.max", "100");
	set("batch.ms", "60000");
}

static void begin_file(void)
{
	static int files;
	char path[512];

	begin();
	snprintf(path, sizeof path, "%s/%d.db", getenv("COUNTS_FOLDER"), files++);
	set("outbox.path", path);
}

/* Leaves nothing to the outbox's writer, which would do it sooner or later. */
static void deliver_all(void)
{
	struct outbox_message message;

	while (outbox_next(iot->outbox, OUTBOX_BACKLOG, &message))
		outbox_acknowledge(iot->outbox, message.id);
	outbox_save(iot->outbox);
}

static void end(void)
{
	iotkit_close(iot);
}

/* ---- Steps ---- */

static void publish(int32_t qos)
{
	paths_expect(
		iotkit_publish(iot, "iotkit/bench/message", payload, sizeof payload, qos, 0, NULL),
		"iotkit_publish()");
}

static void publish_0(void)
{
	publish(0);
}

static void publish_1(void)
{
	publish(1);
}

static void publish_metric(void)
{
	paths_expect(iotkit_publish_metric(iot, "greenhouse", "temperature", 21.5, "Cel",
					   INT64_C(1700000000123)),
		     "iotkit_publish_metric()");
}

static void publish_pack(void)
{
	for (int i = 0; i < 100; i++)
		publish_metric();
}

struct paths accept_paths(void)
{
	static const struct path items[] = {
		{"publish: QoS 0", begin, publish_0, deliver_all, end},
		{"publish: QoS 1", begin, publish_1, deliver_all, end},
		{"publish: QoS 1 into a file", begin_file, publish_1, deliver_all, end},
		{"publish: metric as text", begin, publish_metric, deliver_all, end},
		{"publish: metric as json", begin_json, publish_metric, deliver_all, end},
		{"publish: 100 metrics as senml", begin_senml, publish_pack, deliver_all, end},
	};

	return (struct paths){items, sizeof items / sizeof items[0]};
}
