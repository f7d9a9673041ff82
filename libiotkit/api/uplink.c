/* SPDX-License-Identifier: MIT
 *
 * From a measurement to a message in the outbox.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/commands.h"
#include "api/draft.h"
#include "api/kits.h"
#include "base/clock.h"
#include "base/error.h"
#include "metric/topic.h"

enum { TOLD_NAMES_MAX = 1024 };

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

void uplink_tell_changed_names(iotkit *iot, const char *device, const char *name)
{
	tell_changed_name(iot, device, device);
	tell_changed_name(iot, device, name);
}

/* ---- one message ---- */

const char *uplink_free_name(iotkit *iot, const char *device, const char *name)
{
	if (strcmp(name, status_name) != 0)
		return name;
	tell_once(iot, device, name, status_substitute);
	return status_substitute;
}

static iotkit_status append(iotkit *iot, const struct draft *draft,
			    const struct uplink_manner *manner)
{
	if (manner->origin != NULL)
		return outbox_append_from(iot->outbox, &draft->message, manner->origin);
	return outbox_append(iot->outbox, &draft->message, manner->care, NULL);
}

/* The options lock is held for reading. */
static iotkit_status publish_alone(iotkit *iot, const struct metric *metric,
				   const struct uplink_manner *manner)
{
	struct draft draft;
	iotkit_status status = draft_begin(iot, &draft, metric->device,
					   uplink_free_name(iot, metric->device, metric->name));
	if (status != IOTKIT_OK)
		return status;
	status = options_is(&iot->options, OPTION_PAYLOAD, "json")
			 ? metric_encode_json(metric, draft.stamp, &draft.payload)
			 : metric_encode_text(metric, &draft.payload);
	draft_finish(&draft);
	if (status == IOTKIT_OK)
		status = append(iot, &draft, manner);
	draft_free(&draft);
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	return status;
}

void uplink_drop_metrics(iotkit *iot, const struct metric *metrics, size_t count)
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

iotkit_status uplink_publish(iotkit *iot, const struct metric *metric,
			     const struct uplink_manner *manner)
{
	iotkit_status status;

	uplink_tell_changed_names(iot, metric->device, metric->name);
	pthread_rwlock_rdlock(&iot->options_lock);
	status = iot->batches == NULL ? publish_alone(iot, metric, manner)
				      : packs_add(iot, metric, manner);
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

/* ---- from a board ---- */

static void on_metric(void *context, const struct metric *metric)
{
	iotkit *iot = context;

	if (uplink_publish(iot, metric, &(struct uplink_manner){.care = OUTBOX_QUEUED}) !=
	    IOTKIT_OK)
		uplink_drop_metrics(iot, metric, 1);
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

	commands_know(iot, device);
	status_change(iot, device, online);
	events_push(&iot->events, &event);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	event_log(context, device, status, text);
}

static void on_commanded(void *context, const struct device_result *result)
{
	commands_ended(context, result);
}

struct device_sink uplink_sink(iotkit *iot)
{
	return (struct device_sink){
		.context = iot,
		.metric = on_metric,
		.state = on_state,
		.log = on_log,
		.numbered = kits_take_metric,
		.reported = kits_take_report,
		.position = kits_position,
		.board_dropped = kits_dropped,
		.commanded = on_commanded,
	};
}
