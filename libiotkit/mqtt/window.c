/* SPDX-License-Identifier: MIT
 *
 * The window: the messages of the outbox that are with paho. Those that need not be with it go
 * past it (direct.c).
 */
#include <string.h>

#include "base/clock.h"
#include "mqtt/internal.h"

enum {
	/* MQTT 3.1.1 brokers do not tell how many QoS 2 messages they take at once.
	 * Mosquitto takes 20 unless told otherwise, and hangs up on the next. */
	UNTOLD_WINDOW = 16,
	DRAIN_BURST_MS = 100, /* of the backlog that goes at once */
	SATED_MS = 500 /* pause after the broker said that it has enough */
};

/* Bytes of a PUBLISH without properties. Source: MQTT 5.0 sections 2.1 and 3.3. */
static uint64_t packet_size(const struct outbox_message *message)
{
	uint64_t rest = 2 + strlen(message->topic) + (message->qos > 0 ? 2 : 0) + 1 + message->size;
	uint64_t length_bytes = rest < 128 ? 1 : rest < 16384 ? 2 : rest < 2097152 ? 3 : 4;

	return 1 + length_bytes + rest;
}

static bool is_too_large(const struct session *session, const struct outbox_message *message)
{
	return session->maximum_packet > 0 && packet_size(message) > session->maximum_packet;
}

static bool is_one_too_many(const struct session *session, const struct outbox_message *message)
{
	return message->qos == 2 && !session->settings->version_5 &&
	       session->in_flight >= UNTOLD_WINDOW;
}

static void drop(struct session *session, const struct outbox_message *message,
		 const struct reason *reason)
{
	session->sink.dropped(session->sink.context, message->id, message->topic, reason);
	outbox_drop(session->outbox, message->id);
}

static void drop_too_large(struct session *session, const struct outbox_message *message)
{
	struct reason reason;

	reason_set(&reason, IOTKIT_EREFUSED,
		   "a message of %zu bytes on '%s' is larger than the broker takes (%u bytes a "
		   "packet): send smaller ones, or raise the broker's max_packet_size",
		   message->size, message->topic, (unsigned)session->maximum_packet);
	drop(session, message, &reason);
}

/* Only for who waits for deliveries that are done now: a thread that is woken for each
 * one and finds nothing costs more than all the rest. */
static void tell_progress(struct session *session)
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
	drop(session, message, &reason);
}

/* The event comes first, and the monitor is held until the message has left the
 * outbox: who is told finds it gone, and who waits for it to go finds the event. */
static void leave_delivered(struct session *session, const struct outbox_message *message)
{
	monitor_lock(&session->monitor);
	session->sink.delivered(session->sink.context, message->id, message->topic);
	outbox_acknowledge(session->outbox, message->id);
	monitor_unlock(&session->monitor);
}

/* Nothing more can be sent for now. */
static bool give_back(struct session *session, const struct outbox_message *message)
{
	outbox_put_back(session->outbox, message->id);
	return false;
}

static bool send_by_paho(struct session *session, const struct outbox_message *message)
{
	struct flight *flight = client_reserve(&session->client);

	if (flight == NULL)
		return give_back(session, message);
	flight->message = *message;
	if (!client_send(&session->client, flight)) {
		client_release(&session->client, flight);
		session->retry_send_at = clock_monotonic_ms() + RETRY_SEND_MS;
		return give_back(session, message);
	}
	session->in_flight++;
	if (message->qos == 0)
		direct_note_by_paho(session);
	return true;
}

static bool send_one(struct session *session, const struct outbox_message *message)
{
	bool too_large = is_too_large(session, message);

	if (too_large || is_expired(message)) {
		if (too_large)
			drop_too_large(session, message);
		else
			drop_expired(session, message);
		tell_progress(session);
		session_wake(session); /* there is room upstream's messages wait for */
		return true;
	}
	if (is_one_too_many(session, message))
		return give_back(session, message);
	switch (direct_send(session, message)) {
	case DIRECT_SENT:
		leave_delivered(session, message);
		return true;
	case DIRECT_WAIT:
		return give_back(session, message);
	case DIRECT_NOT:
		break;
	}
	return send_by_paho(session, message);
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

/* paho resumes in the order of packet ids, and begins anew with 1: of what is resumed
 * and what is new at once, a third life would resume the new first. */
static void feed(struct session *session)
{
	if (client_is_resuming(&session->client))
		return;
	if (clock_monotonic_ms() < session->sated_until) {
		session->retry_send_at = session->sated_until;
		return;
	}
	struct outbox_message message;
	while (session->in_flight < session->window && take_next(session, &message) &&
	       send_one(session, &message))
		continue;
}

/* What was waited for may be gone in other ways than by an acknowledgement. */
void session_feed(struct session *session)
{
	feed(session);
	tell_progress(session);
}

static void explain_refusal(const struct flight *flight, struct reason *reason)
{
	const struct broker_answer *known = reason_of_code_5(flight->answer.code);
	char text[ANSWER_TEXT_SIZE];

	reason_describe(known, flight->answer.code, flight->answer.words, text);
	reason_set(reason, known->status, "the broker refuses a message on '%.100s': %s",
		   flight->message.topic, text);
}

static void leave_refused(struct session *session, const struct flight *flight)
{
	struct reason reason;

	explain_refusal(flight, &reason);
	monitor_lock(&session->monitor);
	drop(session, &flight->message, &reason);
	monitor_unlock(&session->monitor);
}

/* What the broker does not take now, it may take later: 0x97 is "quota exceeded",
 * which Mosquitto says while it works off the QoS 2 messages of before its restart;
 * 0x91 is "packet identifier in use". */
static bool is_for_later(const struct answer *answer)
{
	return answer->kind == ANSWER_NO && (answer->code == 0x97 || answer->code == 0x91);
}

static void end_flight(struct session *session, struct flight *flight)
{
	const struct answer *answer = &flight->answer;
	bool later = is_for_later(answer);

	if (later)
		session->sated_until = clock_monotonic_ms() + SATED_MS;
	if (answer->kind == ANSWER_YES)
		leave_delivered(session, &flight->message);
	else if (answer->kind == ANSWER_NO && !later)
		leave_refused(session, flight);
	else
		outbox_put_back(session->outbox, flight->message.id);
	if (flight->message.qos == 0)
		direct_note_passed(session);
	client_release(&session->client, flight);
	session->in_flight--;
}

void session_take_answers(struct session *session, struct notes *notes)
{
	bool any = notes->flights != NULL;

	while (notes->flights != NULL) {
		struct flight *flight = notes->flights;
		notes->flights = flight->next;
		end_flight(session, flight);
	}
	while (notes->requests != NULL) {
		struct request *request = notes->requests;
		notes->requests = request->next;
		subscriptions_answer(session, request);
		client_forget(request);
	}
	if (any)
		tell_progress(session);
}
