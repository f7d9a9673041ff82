/* SPDX-License-Identifier: MIT
 *
 * A sink that writes down what boards have to say.
 */
#ifndef TESTS_HEARD_SINK_H
#define TESTS_HEARD_SINK_H

#include "device/device.h"
#include "heard.h"

static void heard_metric(void *context, const struct metric *metric)
{
	heard_add(context, "metric %s %s=%g", metric->device, metric->name, metric->value);
}

static void heard_state(void *context, const char *device, bool online, iotkit_status status,
			const char *text)
{
	heard_add(context, "%s %s (%d): %s", online ? "online" : "offline", device, (int)status,
		  text);
}

static void heard_log(void *context, const char *device, iotkit_status status, const char *text)
{
	heard_add(context, "log %s (%d): %s", device, (int)status, text);
}

static iotkit_status heard_numbered(void *context, const struct metric *metric,
				    const struct device_origin *origin)
{
	(void)origin;
	heard_metric(context, metric);
	return IOTKIT_OK;
}

static iotkit_status heard_reported(void *context, const struct device_report *report,
				    const struct device_origin *origin)
{
	(void)origin;
	heard_add(context, "reported %s %s=%s", report->device, report->name, report->text);
	return IOTKIT_OK;
}

static void heard_position(void *context, const char *device, struct device_position *out)
{
	(void)context, (void)device;
	*out = (struct device_position){0};
}

static void heard_dropped(void *context, const char *device, uint64_t count)
{
	heard_add(context, "dropped %s %llu", device, (unsigned long long)count);
}

static void heard_commanded(void *context, const struct device_result *result)
{
	heard_add(context, "commanded %s (%d): %s", result->device, (int)result->status,
		  result->text);
}

static struct device_sink heard_sink(struct heard *heard)
{
	return (struct device_sink){
		.context = heard,
		.metric = heard_metric,
		.state = heard_state,
		.log = heard_log,
		.numbered = heard_numbered,
		.reported = heard_reported,
		.position = heard_position,
		.board_dropped = heard_dropped,
		.commanded = heard_commanded,
	};
}

#endif
