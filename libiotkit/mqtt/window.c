/* SPDX-License-Identifier: MIT
 *
 * The window: which of the outbox's messages may be under way, and when.
 */
#include <string.h>

#include "base/clock.h"
#include "mqtt/internal.h"
#include "mqtt/packet.h"

enum {
	/* MQTT 3.1.1 brokers do not tell how many QoS 2 messages they take at once.
	 * Mosquitto takes 20 unless told otherwise, and hangs up on the next. */
	UNTOLD_WINDOW = 16,
	DRAIN_BURST_MS = 100 /* of the backlog that goes at once */
};

bool window_is_too_large(const struct session *session, const struct outbox_message *message)
{
	return session->maximum_packet > 0 &&
	       packet_size(message, session->settings->version_5) > session->maximum_packet;
}

bool window_has_room(const struct session *session, const struct outbox_message *message)
{
	int64_t under_way = (int64_t)(session->flights.count - session->flights.unsent);
	bool untold = message->qos == 2 && !session->settings->version_5;

	return message->qos == 0 ||
	       (under_way < session->window && (!untold || under_way < UNTOLD_WINDOW));
}

void window_drop_too_large(struct session *session, const struct outbox_message *message)
{
	struct reason reason;

	reason_set(&reason, IOTKIT_EREFUSED,
		   "a message of %zu bytes on '%s' is larger than the broker takes (%u bytes a "
		   "packet): send smaller ones, or raise the broker's max_packet_size",
		   message->size, message->topic, (unsigned)session->maximum_packet);
	publish_drop(session, message, &reason);
}

/* Only for who waits for deliveries that are done now: a thread that is woken for each
 * one and finds nothing costs more than all the rest. */
void session_tell_progress(struct session *session)
{
	monitor_lock(&session->monitor);
	if (session->awaited_id != AWAITED_NONE &&
	    outbox_done(session->outbox, session->awaited_id)) {
		session->awaited_id = AWAITED_NONE;
		monitor_notify(&session->monitor);
	}
	monitor_unlock(&session->monitor);
}

static bool is_expired(const struct outbox_message *message)
{
	return message->expires_ms != 0 && clock_wall_ms() >= message->expires_ms;
}

static void drop_expired(struct session *session, const struct outbox_message *message)
{
	struct reason reason;

	reason_set(&reason, IOTKIT_ETIMEOUT,
		   "a message on '%.100s' has waited for longer than publish.expiry_s",
		   message->topic);
	publish_drop(session, message, &reason);
}

/* Nothing more can be sent for now. */
static bool give_back(struct session *session, const struct outbox_message *message)
{
	outbox_put_back(session->outbox, message->id);
	return false;
}

static bool send_one(struct session *session, const struct outbox_message *message)
{
	bool too_large = window_is_too_large(session, message);

	if (too_large || is_expired(message)) {
		if (too_large)
			window_drop_too_large(session, message);
		else
			drop_expired(session, message);
		session_tell_progress(session);
		session_wake(session); /* there is room upstream's messages wait for */
		return true;
	}
	if (atomic_load(&session->asks) || !window_has_room(session, message) ||
	    !publish_send(session, message))
		return give_back(session, message);
	return true;
}

/* Whether one of the backlog may go; if not, when. */
static bool has_drain_credit(struct session *session)
{
	double rate = (double)session->settings->drain_rate;
	int64_t now = clock_monotonic_ms();
	double most = rate / 1000 * DRAIN_BURST_MS > 1 ? rate / 1000 * DRAIN_BURST_MS : 1;

	session->drain_credit += (double)(now - session->drain_credit_at) * rate / 1000;
	session->drain_credit_at = now;
	if (session->drain_credit > most)
		session->drain_credit = most;
	if (session->drain_credit >= 1)
		return true;
	session->retry_send_at = now + 1 + (int64_t)((1 - session->drain_credit) * 1000 / rate);
	return false;
}

static bool take_next(struct session *session, struct outbox_message *out)
{
	struct outbox *outbox = session->outbox;

	if (!session->settings->live_first)
		return outbox_next(outbox, OUTBOX_BACKLOG, out);
	if (outbox_next(outbox, OUTBOX_LIVE, out))
		return true;
	if (!has_drain_credit(session) || !outbox_next(outbox, OUTBOX_BACKLOG, out))
		return false;
	session->drain_credit -= 1;
	return true;
}

/* What is new goes after the requests that were made before it was published: who subscribes and
 * then publishes is to get the message. */
static void feed(struct session *session)
{
	if (!publish_send_owed(session) || session->behind != 0)
		return;
	if (clock_monotonic_ms() < session->sated_until) {
		session->retry_send_at = session->sated_until;
		return;
	}
	struct outbox_message message;
	while ((int64_t)session->flights.count < session->window && take_next(session, &message) &&
	       send_one(session, &message))
		continue;
}

/* What was waited for may be gone in other ways than by an acknowledgement. */
void session_feed(struct session *session)
{
	feed(session);
	session_tell_progress(session);
}

void session_take_answers(struct session *session, struct notes *notes)
{
	while (notes->requests != NULL) {
		struct request *request = notes->requests;
		notes->requests = request->next;
		if (session->behind == request->packet_id)
			session->behind = 0; /* it was answered, or is lost */
		subscriptions_answer(session, request);
		client_forget(request);
	}
}
