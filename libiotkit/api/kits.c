/* SPDX-License-Identifier: MIT */
#include "api/kits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/draft.h"
#include "base/clock.h"
#include "base/error.h"

static struct outbox_origin origin_of(const char *device, const struct device_origin *origin)
{
	return (struct outbox_origin){.kit = device, .boot = origin->boot, .seq = origin->seq};
}

/* Whether it is worth that the board sends it again. */
static bool may_pass(iotkit_status status)
{
	return status == IOTKIT_EFULL || status == IOTKIT_ENOMEM || status == IOTKIT_ESYSTEM;
}

iotkit_status kits_take_metric(void *context, const struct metric *metric,
			       const struct device_origin *origin)
{
	iotkit *iot = context;
	const struct outbox_origin from = origin_of(metric->device, origin);
	const struct uplink_manner manner = {.care = OUTBOX_QUEUED, .origin = &from};
	iotkit_status status = uplink_publish(iot, metric, &manner);

	if (status == IOTKIT_OK || may_pass(status))
		return status;
	uplink_drop_metrics(iot, metric, 1);
	outbox_advance(iot->outbox, &from);
	return IOTKIT_OK;
}

/* The options lock is held for reading. */
static iotkit_status publish_report(iotkit *iot, const struct device_report *report,
				    const struct outbox_origin *from)
{
	const char *name = uplink_free_name(iot, report->device, report->name);
	struct draft draft;
	iotkit_status status = draft_begin(iot, &draft, report->device, name);

	if (status != IOTKIT_OK)
		return status;
	draft.message.retain = 1;
	status = buffer_append(&draft.payload, report->text, strlen(report->text));
	draft_finish(&draft);
	if (status == IOTKIT_OK)
		status = outbox_append_from(iot->outbox, &draft.message, from);
	draft_free(&draft);
	return status;
}

static void tell_lost(iotkit *iot, const struct device_report *report)
{
	struct reason why;

	reason_capture(&why);
	atomic_fetch_add(&iot->refused, 1);
	events_push(&iot->events, &(iotkit_event){
					  .type = IOTKIT_EVENT_DROPPED,
					  .status = why.status,
					  .time_ms = report->time_ms,
					  .device = report->device,
					  .topic = report->name,
					  .text = why.text,
				  });
}

iotkit_status kits_take_report(void *context, const struct device_report *report,
			       const struct device_origin *origin)
{
	iotkit *iot = context;
	const struct outbox_origin from = origin_of(report->device, origin);

	uplink_tell_changed_names(iot, report->device, report->name);
	pthread_rwlock_rdlock(&iot->options_lock);
	iotkit_status status = publish_report(iot, report, &from);
	pthread_rwlock_unlock(&iot->options_lock);
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	if (status == IOTKIT_OK || may_pass(status))
		return status;
	tell_lost(iot, report);
	outbox_advance(iot->outbox, &from);
	return IOTKIT_OK;
}

void kits_position(void *context, const char *device, struct device_position *out)
{
	iotkit *iot = context;
	struct outbox_position position;

	outbox_position(iot->outbox, device, &position);
	*out = (struct device_position){
		.boot = position.boot, .taken = position.taken, .saved = position.saved};
}

void kits_dropped(void *context, const char *device, uint64_t count)
{
	char text[160];

	snprintf(text, sizeof text,
		 "the board dropped %" PRIu64 " of its readings: nobody took them for so long that "
		 "its memory was full",
		 count);
	event_log(context, device, IOTKIT_EFULL, text);
}
