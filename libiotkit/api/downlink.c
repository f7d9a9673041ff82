/* SPDX-License-Identifier: MIT
 *
 * What the session and the outbox tell, as events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/commands.h"
#include "base/clock.h"
#include "base/utf8.h"

enum { RETRY_STATUS_MS = 100 };

static void push(iotkit *iot, iotkit_event event)
{
	event.time_ms = clock_wall_ms();
	events_push(&iot->events, &event);
}

void event_log(iotkit *iot, const char *device, iotkit_status status, const char *text)
{
	push(iot,
	     (iotkit_event){
		     .type = IOTKIT_EVENT_LOG, .status = status, .device = device, .text = text});
}

static void push_dropped(iotkit *iot, uint64_t id, const char *topic, iotkit_status status,
			 const char *text)
{
	push(iot, (iotkit_event){.type = IOTKIT_EVENT_DROPPED,
				 .status = status,
				 .id = id,
				 .topic = topic,
				 .text = text});
}

/* ---- What the outbox tells ---- */

static void on_given_up(void *context, const struct outbox_message *message, const char *why)
{
	push_dropped(context, message->id, message->topic, IOTKIT_EFULL, why);
}

static void on_told(void *context, iotkit_status status, const char *text)
{
	event_log(context, NULL, status, text);
}

static void on_saved(void *context)
{
	iotkit *iot = context;

	if (iot->session != NULL)
		session_wake(iot->session);
	pthread_mutex_lock(&iot->devices_lock);
	if (iot->devices != NULL)
		devices_saved(iot->devices);
	pthread_mutex_unlock(&iot->devices_lock);
}

struct outbox_listener downlink_listener(iotkit *iot)
{
	return (struct outbox_listener){
		.context = iot, .dropped = on_given_up, .told = on_told, .saved = on_saved};
}

/* ---- What the session tells ---- */

static void on_accepted(void *context)
{
	status_announce(context);
}

static void on_connected(void *context, bool session_present, const char *text)
{
	push(context, (iotkit_event){.type = IOTKIT_EVENT_CONNECTED,
				     .retain = session_present,
				     .text = text});
}

static void on_disconnected(void *context, const struct reason *reason, int32_t retry_ms)
{
	status_pause(context);
	push(context, (iotkit_event){.type = IOTKIT_EVENT_DISCONNECTED,
				     .status = reason->status,
				     .retry_ms = retry_ms,
				     .text = reason->text});
}

static iotkit_status push_message(iotkit *iot, const struct session_message *message)
{
	const iotkit_event event = {
		.type = IOTKIT_EVENT_MESSAGE,
		.time_ms = clock_wall_ms(),
		.topic = message->topic,
		.payload = message->payload,
		.payload_size = message->size,
		.qos = message->qos,
		.retain = message->retain,
		.epoch = message->epoch,
		.seq = message->seq,
	};

	return events_push_message(&iot->events, &event, message->token);
}

/* The event first: when there is no memory for it the message comes again, and no board is to obey
 * it twice. */
static iotkit_status take_command(iotkit *iot, const struct session_message *message)
{
	bool is_wanted = session_is_subscribed(iot->session, message->topic);
	iotkit_status status = is_wanted ? push_message(iot, message) : IOTKIT_OK;

	if (status != IOTKIT_OK && message->qos > 0)
		return status;
	bool is_command = commands_take(iot, message);
	if (is_wanted)
		return status;
	if (!is_command)
		return push_message(iot, message);
	session_note_taken(iot->session, message->token, message->qos);
	return IOTKIT_OK;
}

static iotkit_status on_message(void *context, const struct session_message *message)
{
	iotkit *iot = context;

	atomic_fetch_add(&iot->received, 1);
	return commands_may_come(iot, message->topic) ? take_command(iot, message)
						      : push_message(iot, message);
}

static void on_delivered(void *context, uint64_t id, const char *topic)
{
	iotkit *iot = context;

	if (options_flag(&iot->options, OPTION_EVENTS_DELIVERED))
		push(iot, (iotkit_event){.type = IOTKIT_EVENT_DELIVERED, .id = id, .topic = topic});
}

static void on_dropped(void *context, uint64_t id, const char *topic, const struct reason *reason)
{
	push_dropped(context, id, topic, reason->status, reason->text);
}

static void on_subscribed(void *context, const char *filter, int32_t qos,
			  const struct reason *reason)
{
	push(context, (iotkit_event){.type = IOTKIT_EVENT_SUBSCRIBED,
				     .status = reason->status,
				     .qos = qos,
				     .topic = filter,
				     .text = reason->text});
}

/* As an event may have it; NULL: there is none, or no memory for it. */
static char *copy_topic(const struct cursor_bytes *topic)
{
	const char *text = (const char *)topic->at;

	if (topic->size == 0 || !utf8_valid(text, topic->size))
		return NULL;
	return strndup(text, topic->size);
}

static void on_packet(void *context, const struct packet_facts *facts, const char *text)
{
	iotkit_event event = {.type = IOTKIT_EVENT_TRACE, .id = facts->id, .text = text};
	char *topic = NULL;

	if (facts->type == PACKET_PUBLISH) {
		topic = copy_topic(&facts->topic);
		event.topic = topic;
		event.qos = (int32_t)packet_qos(facts);
		event.retain = packet_is_retained(facts);
		event.value = (double)facts->payload_size;
	}
	push(context, event);
	free(topic);
}

static void on_warned(void *context, iotkit_status status, const char *text)
{
	event_log(context, NULL, status, text);
}

static bool congested(void *context)
{
	iotkit *iot = context;

	return events_congested(&iot->events);
}

/* What the outbox did not take stays, and is offered again. */
static int64_t prepare(void *context, bool all)
{
	iotkit *iot = context;
	int64_t now = clock_monotonic_ms();
	int64_t due = CLOCK_NEVER;

	packs_flush(iot, all ? CLOCK_NEVER : now);
	pthread_rwlock_rdlock(&iot->options_lock);
	if (iot->batches != NULL)
		due = batches_due(iot->batches);
	pthread_rwlock_unlock(&iot->options_lock);
	if (!status_tell(iot) && now + RETRY_STATUS_MS < due)
		due = now + RETRY_STATUS_MS;
	return due;
}

struct session_sink downlink_sink(iotkit *iot)
{
	return (struct session_sink){
		.context = iot,
		.accepted = on_accepted,
		.connected = on_connected,
		.disconnected = on_disconnected,
		.message = on_message,
		.delivered = on_delivered,
		.dropped = on_dropped,
		.subscribed = on_subscribed,
		.packet = on_packet,
		.warned = on_warned,
		.congested = congested,
		.prepare = prepare,
	};
}
