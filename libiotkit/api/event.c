/* SPDX-License-Identifier: MIT
 *
 * Taking events, and reading counters.
 */
#include <string.h>

#include "api/callback.h"
#include "api/handle.h"
#include "base/clock.h"
#include "base/error.h"

/* More than the struct will ever have: a size that was never set. */
enum { STATS_SIZE_MAX = 4096 };

const iotkit_event *event_next(iotkit *iot, uint64_t turn, int64_t deadline)
{
	const struct events_taken taken = events_take(&iot->events, turn, deadline);

	if (taken.token != 0)
		session_note_taken(iot->session, taken.token, taken.event->qos);
	else if (taken.relieved)
		session_wake(iot->session);
	return taken.event;
}

const iotkit_event *iotkit_next_event(iotkit *iot, int32_t timeout_ms)
{
	if (handle_check(iot) != IOTKIT_OK)
		return NULL;
	uint64_t turn = events_turn(&iot->events);
	if (callback_is_set(iot)) {
		error_set(IOTKIT_ESTATE,
			  "events go to the callback of iotkit_set_event_callback()");
		return NULL;
	}
	const iotkit_event *event = event_next(iot, turn, clock_deadline(timeout_ms));
	if (event != NULL)
		events_keep(&iot->events, event);
	return event;
}

int32_t iotkit_event_fd(iotkit *iot)
{
	return handle_check(iot) == IOTKIT_OK ? events_fd(&iot->events) : -1;
}

const char *iotkit_event_name(int32_t type)
{
	static const char *const names[] = {
		[IOTKIT_EVENT_CONNECTED] = "connected",
		[IOTKIT_EVENT_DISCONNECTED] = "disconnected",
		[IOTKIT_EVENT_MESSAGE] = "message",
		[IOTKIT_EVENT_DELIVERED] = "delivered",
		[IOTKIT_EVENT_DROPPED] = "dropped",
		[IOTKIT_EVENT_SUBSCRIBED] = "subscribed",
		[IOTKIT_EVENT_DEVICE_ONLINE] = "device-online",
		[IOTKIT_EVENT_DEVICE_OFFLINE] = "device-offline",
		[IOTKIT_EVENT_METRIC] = "metric",
		[IOTKIT_EVENT_LOG] = "log",
		[IOTKIT_EVENT_COMMAND] = "command",
		[IOTKIT_EVENT_TRACE] = "trace",
	};
	const int32_t count = (int32_t)(sizeof names / sizeof names[0]);

	return type > 0 && type < count ? names[type] : "unknown";
}

iotkit_status iotkit_get_stats(iotkit *iot, iotkit_stats *stats)
{
	struct outbox_counters outbox;
	struct session_counters session;
	struct device_counters device;
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	if (stats == NULL || stats->struct_size < 2 * sizeof(uint32_t) ||
	    stats->struct_size > STATS_SIZE_MAX)
		return error_set(IOTKIT_EINVAL,
				 "iotkit_get_stats() needs a struct whose struct_size "
				 "is set to sizeof(iotkit_stats)");
	outbox_count(iot->outbox, &outbox);
	session_count(iot->session, &session);
	devices_count(iot->devices, &device);
	uint64_t refused = atomic_load(&iot->refused);
	const iotkit_stats all = {
		.struct_size = stats->struct_size,
		.connected = session.connected,
		.accepted = outbox.accepted,
		.delivered = outbox.acknowledged,
		.dropped = outbox.dropped + refused,
		.waiting = outbox.rows,
		.waiting_bytes = outbox.bytes,
		.received = atomic_load(&iot->received),
		.connects = session.connects,
		.connect_failures = session.connect_failures,
		.bytes_sent = session.bytes_sent,
		.bytes_received = session.bytes_received,
		.intruders = session.intruders,
		.metrics = atomic_load(&iot->metrics) + device.metrics,
		.lines = device.lines,
		.lines_rejected = device.lines_rejected,
		.device_bytes = device.bytes,
		.events_missed = events_missed(&iot->events),
		.tls_handshakes = session.tls.handshakes,
		.tls_resumed = session.tls.resumed,
		.tls_handshake_bytes = session.tls.handshake_bytes,
		.tls_handshake_us = session.tls.handshake_us,
		.frames = device.frames,
		.frames_damaged = device.frames_damaged,
		.frames_repeated = device.frames_repeated,
		.board_dropped = device.board_dropped,
		.commands = atomic_load(&iot->commands_done),
	};
	size_t known = stats->struct_size < sizeof all ? stats->struct_size : sizeof all;
	memset(stats, 0, stats->struct_size);
	memcpy(stats, &all, known);
	return IOTKIT_OK;
}
