/* SPDX-License-Identifier: MIT
 *
 * The payload "senml": a pack of records that share what they have in common.
 * Source: RFC 8428 sections 4.1 to 4.5 and 5.
 *
 *     [{"bn":"greenhouse/","bt":1700000000.123,"n":"temperature","u":"Cel","v":23.5},
 *      {"n":"humidity","u":"%RH","v":40,"t":0.25}]
 *
 * The first record has the stamp, if there is one: "epoch" and "seq" are no labels of
 * SenML, and who does not know them skips them (section 4.4).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "metric/json.h"
#include "metric/metric.h"

/* Times below 2**28 seconds are relative to now (RFC 8428 section 4.5.3). A
 * clock that says 1970 was never set: such a metric travels without a time,
 * which means "now", instead of with one that lies in the future. */
static const int64_t first_absolute_ms = (INT64_C(1) << 28) * 1000;

enum {
	/* Two for each byte; a character may be put in front of a name, and a slash
	 * and a NUL behind. */
	SENML_NAME_SIZE = 2 * METRIC_NAME_MAX + 3
};

static bool is_alphanumeric(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What a SenML name cannot have, and the slash that ends the device's part,
 * becomes "_"; what is no ASCII becomes the digits of its bytes, so that names in
 * other scripts stay apart (RFC 8428 section 4.5.1). */
static void map_name(char *out, const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char byte = (unsigned char)*name;
		if (byte >= 0x80)
			out += sprintf(out, "%02x", byte);
		else if (is_alphanumeric(*name) || strchr("-:._", *name) != NULL)
			*out++ = *name;
		else
			*out++ = '_';
	}
	*out = '\0';
}

/* The base name begins every name, and a name begins with a letter or a digit. */
static void map_base_name(char *out, const char *device)
{
	if (!is_alphanumeric(*device))
		*out++ = 'x';
	map_name(out, device);
	strcat(out, "/");
}

static bool has_time(const struct metric *metric)
{
	return metric->time_ms >= first_absolute_ms;
}

/* The time that all are relative to; 0 unless all have one. */
static int64_t base_time(const struct metric *metrics, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!has_time(&metrics[i]))
			return 0;
	return metrics[0].time_ms;
}

static void add_seconds(struct json *json, const char *key, int64_t ms)
{
	if (ms != 0)
		json_add_number(json, key, (double)ms / 1000.0);
}

static void add_base(struct json *json, const char *device, int64_t base_ms,
		     const struct metric_stamp *stamp)
{
	char name[SENML_NAME_SIZE];

	map_base_name(name, device);
	json_add_text(json, "bn", name);
	add_seconds(json, "bt", base_ms);
	json_add_stamp(json, stamp);
}

static void add_measurement(struct json *json, const struct metric *metric, int64_t base_ms)
{
	char name[SENML_NAME_SIZE];

	map_name(name, metric->name);
	json_add_text(json, "n", name);
	if (*metric->unit != '\0')
		json_add_text(json, "u", metric->unit);
	json_add_number(json, "v", metric->value);
	if (has_time(metric))
		add_seconds(json, "t", metric->time_ms - base_ms);
}

iotkit_status metric_encode_senml(const struct metric *metrics, size_t count,
				  const struct metric_stamp *stamp, struct buffer *out)
{
	int64_t base_ms = base_time(metrics, count);
	struct json json;

	json_begin(&json, out);
	json_open(&json, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(&json, '{');
		if (i == 0)
			add_base(&json, metrics[0].device, base_ms, stamp);
		add_measurement(&json, &metrics[i], base_ms);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	return json_end(&json);
}
