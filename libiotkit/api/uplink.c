/* SPDX-License-Identifier: MIT
 *
 * From a measurement to a message in the outbox.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "base/clock.h"
#include "base/error.h"
#include "metric/topic.h"

enum {
	MESSAGE_MAX = 1 << 20, /* a pack of 1000 metrics with long names fits */
	TOLD_NAMES_MAX = 1024,
};

/* The name under which a device's packs are published. */
static const char pack_name[] = "senml";

/* The name that tells whether a board is there, and what a metric of that name
 * is published as. */
static const char status_name[] = "status";
static const char status_substitute[] = "status_";

/* ---- names that do not fit ---- */

/* Whether this is the first time; also when memory is short, to be safe. */
static bool remember_name(iotkit *iot, const char *name)
{
	bool first = true;

	pthread_mutex_lock(&iot->names_lock);
	for (struct told_name *told = iot->told_names; told != NULL && first; told = told->next)
		first = strcmp(told->name, name) != 0;
	if (first && iot->told_count < TOLD_NAMES_MAX) {
		struct told_name *told = calloc(1, sizeof *told);
		if (told != NULL && (told->name = strdup(name)) != NULL) {
			told->next = iot->told_names;
			iot->told_names = told;
			iot->told_count++;
		} else {
			free(told);
		}
	} else if (first) {
		first = false;
	}
	pthread_mutex_unlock(&iot->names_lock);
	return first;
}

void uplink_forget_names(iotkit *iot)
{
	while (iot->told_names != NULL) {
		struct told_name *told = iot->told_names;
		iot->told_names = told->next;
		free(told->name);
		free(told);
	}
}

/* Tells, once a name, that another one is used. */
static void tell_once(iotkit *iot, const char *device, const char *name, const char *level)
{
	char text[ERROR_TEXT_SIZE * 2];

	if (!remember_name(iot, name))
		return;
	snprintf(text, sizeof text,
		 "the name '%s' cannot be a level of a topic (no + # / and control characters, "
		 "and 'status' is the board's own): '%s' is used instead",
		 name, level);
	event_log(iot, device, IOTKIT_EINVAL, text);
}

static void tell_changed_name(iotkit *iot, const char *device, const char *name)
{
	char level[METRIC_NAME_MAX + 1];

	if (topic_level(level, sizeof level, name))
		tell_once(iot, device, name, level);
}

/* ---- one message ---- */

/* Without topic and payload. The options lock is held for reading, as in all that
 * follows. */
static struct outbox_message begin_message(iotkit *iot)
{
	struct outbox_message message = {
		.qos = (int32_t)options_number(&iot->options, OPTION_METRIC_QOS),
		.retain = options_flag(&iot->options, OPTION_METRIC_RETAIN),
	};

	publish_stamp(iot, &message);
	return message;
}

static const struct metric_stamp *stamp_of(const struct outbox_message *message,
					   struct metric_stamp *stamp)
{
	*stamp = (struct metric_stamp){.epoch = message->epoch, .seq = message->seq};
	return message->seq != 0 ? stamp : NULL;
}

static iotkit_status append(iotkit *iot, const char *device, const char *name,
			    struct outbox_message message, enum outbox_care care)
{
	struct buffer topic;

	buffer_init(&topic, TOPIC_SIZE_MAX + 1);
	iotkit_status status =
		topic_metric(&topic, options_text(&iot->options, OPTION_TOPIC_BASE), device, name);
	if (status == IOTKIT_OK) {
		message.topic = topic.bytes;
		status = outbox_append(iot->outbox, &message, care, NULL);
	}
	buffer_free(&topic);
	return status;
}

static iotkit_status publish_alone(iotkit *iot, const struct metric *metric, enum outbox_care care)
{
	struct outbox_message message = begin_message(iot);
	const char *name = metric->name;
	struct metric_stamp stamp;
	struct buffer payload;

	if (strcmp(name, status_name) == 0) {
		tell_once(iot, metric->device, name, status_substitute);
		name = status_substitute;
	}
	buffer_init(&payload, MESSAGE_MAX);
	iotkit_status status =
		options_is(&iot->options, OPTION_PAYLOAD, "json")
			? metric_encode_json(metric, stamp_of(&message, &stamp), &payload)
			: metric_encode_text(metric, &payload);
	message.payload = payload.bytes;
	message.size = payload.size;
	if (status == IOTKIT_OK)
		status = append(iot, metric->device, name, message, care);
	buffer_free(&payload);
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	return status;
}

/* Nobody is there to be told by a return value, so an event tells. */
static void drop_metrics(iotkit *iot, const struct metric *metrics, size_t count)
{
	struct reason why;

	reason_capture(&why);
	for (size_t i = 0; i < count; i++) {
		const iotkit_event event = {
			.type = IOTKIT_EVENT_DROPPED,
			.status = why.status,
			.time_ms = metrics[i].time_ms,
			.device = metrics[i].device,
			.topic = metrics[i].name,
			.value = metrics[i].value,
			.text = why.text,
		};
		atomic_fetch_add(&iot->refused, 1);
		events_push(&iot->events, &event);
	}
}

static iotkit_status close_pack(void *context, const char *device, const struct metric *metrics,
				size_t count)
{
	iotkit *iot = context;
	struct outbox_message message = begin_message(iot);
	struct metric_stamp stamp;
	struct buffer payload;

	buffer_init(&payload, MESSAGE_MAX);
	iotkit_status status =
		metric_encode_senml(metrics, count, stamp_of(&message, &stamp), &payload);
	message.payload = payload.bytes;
	message.size = payload.size;
	if (status == IOTKIT_OK)
		status = append(iot, device, pack_name, message, OUTBOX_QUEUED);
	buffer_free(&payload);
	if (status == IOTKIT_EFULL && outbox_empty(iot->outbox)) {
		/* No room will ever be enough; it must not block those behind it. */
		drop_metrics(iot, metrics, count);
		return IOTKIT_OK;
	}
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	return status;
}

iotkit_status uplink_open_batches(iotkit *iot, const struct options *options, struct batches **out)
{
	const struct batch_settings settings = {
		.ms = options_number(options, OPTION_BATCH_MS),
		.max = options_number(options, OPTION_BATCH_MAX),
		.close = close_pack,
		.context = iot,
	};

	if (!options_is(options, OPTION_PAYLOAD, "senml"))
		return IOTKIT_OK;
	return batches_open(&settings, out);
}

iotkit_status uplink_publish(iotkit *iot, const struct metric *metric, enum outbox_care care)
{
	iotkit_status status;

	tell_changed_name(iot, metric->device, metric->device);
	tell_changed_name(iot, metric->device, metric->name);
	pthread_rwlock_rdlock(&iot->options_lock);
	if (iot->batches == NULL) {
		status = publish_alone(iot, metric, care);
	} else {
		status = batches_add(iot->batches, metric, clock_monotonic_ms());
		session_wake(iot->session); /* it keeps the time of packs */
	}
	bool told = options_flag(&iot->options, OPTION_EVENTS_METRICS);
	pthread_rwlock_unlock(&iot->options_lock);
	if (status == IOTKIT_OK && told) {
		const iotkit_event event = {
			.type = IOTKIT_EVENT_METRIC,
			.device = metric->device,
			.topic = metric->name,
			.unit = metric->unit[0] != '\0' ? metric->unit : NULL,
			.value = metric->value,
			.time_ms = metric->time_ms,
		};
		events_push(&iot->events, &event);
	}
	return status;
}

iotkit_status uplink_flush_batches(iotkit *iot, int64_t now_ms)
{
	iotkit_status status = IOTKIT_OK;

	pthread_rwlock_rdlock(&iot->options_lock);
	if (iot->batches != NULL)
		status = batches_flush(iot->batches, now_ms);
	pthread_rwlock_unlock(&iot->options_lock);
	return status;
}

/* ---- from a board ---- */

static void on_metric(void *context, const struct metric *metric)
{
	iotkit *iot = context;

	if (uplink_publish(iot, metric, OUTBOX_QUEUED) != IOTKIT_OK)
		drop_metrics(iot, metric, 1);
}

static void on_state(void *context, const char *device, bool online, iotkit_status status,
		     const char *text)
{
	iotkit *iot = context;
	const iotkit_event event = {
		.type = online ? IOTKIT_EVENT_DEVICE_ONLINE : IOTKIT_EVENT_DEVICE_OFFLINE,
		.status = status,
		.time_ms = clock_wall_ms(),
		.device = device,
		.text = text,
	};

	status_change(iot, device, online);
	events_push(&iot->events, &event);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	event_log(context, device, status, text);
}

struct device_sink uplink_sink(iotkit *iot)
{
	return (struct device_sink){
		.context = iot, .metric = on_metric, .state = on_state, .log = on_log};
}
