/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"
#include "metric/topic.h"
#include "paths.h"

enum { PACK = 100, PAYLOAD_MAX = 1 << 20 };

static struct buffer payload;
static struct metric metrics[PACK];

static void begin(void)
{
	buffer_init(&payload, PAYLOAD_MAX);
	for (int i = 0; i < PACK; i++)
		metrics[i] = (struct metric){
			.device = "greenhouse",
			.name = "temperature",
			.unit = "Cel",
			.value = 21.5 + i / 4.0,
			.time_ms = INT64_C(1700000000123) + (int64_t)i * 250,
		};
}

/* 0.30000000000000004, as an average may be. */
static void begin_long(void)
{
	begin();
	metrics[0].value = 0.1 + 0.2;
}

static void settle(void)
{
	if (payload.size == 0)
		paths_fail("no payload was made");
	buffer_clear(&payload);
}

static void end(void)
{
	buffer_free(&payload);
}

static void make_topic(void)
{
	topic_metric(&payload, "iotkit", metrics[0].device, metrics[0].name);
}

static void make_text(void)
{
	metric_encode_text(&metrics[0], &payload);
}

static void make_json(void)
{
	metric_encode_json(&metrics[0], NULL, &payload);
}

static void make_senml(void)
{
	metric_encode_senml(metrics, 1, NULL, &payload);
}

static void make_pack(void)
{
	metric_encode_senml(metrics, PACK, NULL, &payload);
}

struct paths payload_paths(void)
{
	static const struct path items[] = {
		{"payload: topic", begin, make_topic, settle, end},
		{"payload: text, 21.5", begin, make_text, settle, end},
		{"payload: text, 17 digits", begin_long, make_text, settle, end},
		{"payload: json", begin, make_json, settle, end},
		{"payload: senml, 1 metric", begin, make_senml, settle, end},
		{"payload: senml, 100 metrics", begin, make_pack, settle, end},
	};

	return (struct paths){items, sizeof items / sizeof items[0]};
}
