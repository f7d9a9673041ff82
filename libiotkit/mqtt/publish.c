/* SPDX-License-Identifier: MIT
 *
 * Messages past paho: PUBLISH and PUBREL go into the link itself, between two of paho's packets,
 * and the link tells what the broker answers. paho would have two threads take each one over, which
 * costs many times what all the rest does.
 *
 * What the link is given goes out with its next pump at the earliest, and not before all is stored
 * that was asked for until then. So the file knows of a flight before the broker does.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "mqtt/internal.h"
#include "mqtt/packet.h"
#include "packet/facts.h"

enum {
	SATED_MS = 500, /* pause after the broker said that it has enough */
	PACKET_REFUSED = 0x80, /* codes from here on. MQTT 5.0 section 2.4 */
	PACKET_ID_IN_USE = 0x91,
	PACKET_ID_NOT_FOUND = 0x92,
	QUOTA_EXCEEDED = 0x97
};

/* ---- out ---- */

static bool lend(struct session *session, const struct outbox_message *message)
{
	const struct buffer *head = &session->packet;
	const struct link_loan loan = {.bytes = message->payload, .size = message->size};

	if (session->lends || !link_lend(session->link, head->bytes, head->size, &loan))
		return false;
	session->lends = true;
	session->lent = *message;
	return true;
}

/* Without memory for it later. */
static bool postpone(struct session *session)
{
	session->retry_send_at = clock_monotonic_ms() + RETRY_SEND_MS;
	return false;
}

/* A large payload stays where it is. */
static bool put_in(struct session *session, const struct outbox_message *message,
		   uint16_t packet_id, bool again)
{
	struct buffer *packet = &session->packet;

	buffer_clear(packet);
	if (packet_head(message, packet_id, again, session->settings->version_5, packet) !=
	    IOTKIT_OK)
		return postpone(session);
	if (message->size > 0 && packet->size + message->size > LINK_PACKET_MAX)
		return lend(session, message);
	if (buffer_append(packet, message->payload, message->size) != IOTKIT_OK)
		return postpone(session);
	return link_send(session->link, packet->bytes, packet->size);
}

/* With QoS 0 nobody answers: it is done when it is with the system. */
static bool publish_0(struct session *session, const struct outbox_message *message)
{
	if (!put_in(session, message, 0, false))
		return false;
	if (session->lends && session->lent.id == message->id)
		outbox_depart(session->outbox, message->id);
	else
		publish_leave_delivered(session, message);
	return true;
}

bool publish_send(struct session *session, const struct outbox_message *message)
{
	if (message->qos == 0)
		return publish_0(session, message);
	uint16_t packet_id = flights_choose_id(&session->flights);
	if (packet_id == 0 || !put_in(session, message, packet_id, false))
		return false;
	flights_add(&session->flights, message, packet_id);
	outbox_set_flight(session->outbox, message->id, packet_id, false);
	return true;
}

static bool put_in_release(struct session *session, uint16_t packet_id)
{
	struct buffer *packet = &session->packet;

	buffer_clear(packet);
	if (packet_pubrel(packet_id, packet) != IOTKIT_OK)
		return postpone(session);
	return link_send(session->link, packet->bytes, packet->size);
}

static bool send_owed(struct session *session, struct flight *flight)
{
	if (flight->released)
		return put_in_release(session, flight->packet_id);
	if (window_is_too_large(session, &flight->message)) {
		window_drop_too_large(session, &flight->message);
		flights_remove(&session->flights, flight);
		session_wake(session); /* there is room upstream's messages wait for */
		return true;
	}
	return window_has_room(session, &flight->message) &&
	       put_in(session, &flight->message, flight->packet_id, true);
}

bool publish_send_owed(struct session *session)
{
	struct flights *flights = &session->flights;
	struct flight *flight;

	while ((flight = flights_first_owed(flights)) != NULL && send_owed(session, flight))
		if (flights_first_owed(flights) == flight)
			flights_note_sent(flights);
	return flight == NULL;
}

/* ---- ends ---- */

/* The event comes first, and the monitor is held until the message has left the
 * outbox: who is told finds it gone, and who waits for it to go finds the event. */
void publish_leave_delivered(struct session *session, const struct outbox_message *message)
{
	monitor_lock(&session->monitor);
	session->sink.delivered(session->sink.context, message->id, message->topic);
	outbox_acknowledge(session->outbox, message->id);
	monitor_unlock(&session->monitor);
}

void publish_drop(struct session *session, const struct outbox_message *message,
		  const struct reason *reason)
{
	monitor_lock(&session->monitor);
	session->sink.dropped(session->sink.context, message->id, message->topic, reason);
	outbox_drop(session->outbox, message->id);
	monitor_unlock(&session->monitor);
}

static void leave_refused(struct session *session, const struct outbox_message *message,
			  const struct link_answer *answer)
{
	const struct broker_answer *known = reason_of_code_5((int)answer->code);
	const char *said = (const char *)answer->words.at;
	char words[REASON_STRING_SIZE] = "", text[ANSWER_TEXT_SIZE];
	struct reason reason;

	if (answer->words.size > 0 && utf8_valid(said, answer->words.size))
		snprintf(words, sizeof words, "%.*s", (int)answer->words.size, said);
	reason_describe(known, (int)answer->code, words, text);
	reason_set(&reason, known->status, "the broker refuses a message on '%.100s': %s",
		   message->topic, text);
	publish_drop(session, message, &reason);
}

/* What the broker does not take now, it may take later: Mosquitto says that it has enough while it
 * works off the QoS 2 messages of before its restart. */
static bool is_for_later(const struct link_answer *answer)
{
	return answer->code == QUOTA_EXCEEDED || answer->code == PACKET_ID_IN_USE;
}

static void end_refused(struct session *session, struct flight *flight,
			const struct link_answer *answer)
{
	if (!flight->released && is_for_later(answer)) {
		session->sated_until = clock_monotonic_ms() + SATED_MS;
		outbox_put_back(session->outbox, flight->message.id);
	} else {
		leave_refused(session, &flight->message, answer);
	}
	flights_remove(&session->flights, flight);
}

static void end_delivered(struct session *session, struct flight *flight)
{
	publish_leave_delivered(session, &flight->message);
	flights_remove(&session->flights, flight);
}

/* ---- answers ---- */

static void release(struct session *session, struct flight *flight)
{
	flight->released = true;
	outbox_set_flight(session->outbox, flight->message.id, flight->packet_id, true);
	flights_owe(&session->flights, flight);
}

/* MQTT 5.0 section 3.7.2.1: that a PUBREL finds nothing is no error after a reconnect: a broker
 * that forgot the session had the message before. */
static void take_answer(struct session *session, struct flight *flight,
			const struct link_answer *answer)
{
	enum packet_type due = flight->released           ? PACKET_PUBCOMP
			       : flight->message.qos == 2 ? PACKET_PUBREC
							  : PACKET_PUBACK;
	bool is_forgotten = flight->released && answer->code == PACKET_ID_NOT_FOUND;
	bool is_refused = session->settings->version_5 && answer->code >= PACKET_REFUSED;

	if (answer->type != due)
		return;
	if (is_refused && !is_forgotten)
		end_refused(session, flight, answer);
	else if (answer->type == PACKET_PUBREC)
		release(session, flight);
	else
		end_delivered(session, flight);
}

static bool is_being_lent(const struct session *session, const struct flight *flight)
{
	return session->lends && session->lent.id == flight->message.id;
}

/* Nobody can have an answer to what was not sent; and a payload that is being sent is to stay. */
void publish_take_answer(void *context, const struct link_answer *answer)
{
	struct session *session = context;
	struct flight *flight = flights_find(&session->flights, answer->packet_id);

	if (answer->packet_id == 0)
		return;
	if (answer->type == PACKET_SUBACK || answer->type == PACKET_UNSUBACK)
		flights_note_answered(&session->flights, answer->packet_id);
	else if (flight != NULL && !flight->owed && !is_being_lent(session, flight))
		take_answer(session, flight, answer);
	else if (flight == NULL && answer->type == PACKET_PUBREC && answer->code < PACKET_REFUSED)
		put_in_release(session, answer->packet_id); /* of another life; or not, when full */
}

void publish_note_handed_over(void *context)
{
	struct session *session = context;

	session->lends = false;
	if (session->lent.qos == 0)
		publish_leave_delivered(session, &session->lent);
}

/* ---- connections ---- */

void publish_note_hung_up(struct session *session)
{
	if (session->lends && session->lent.qos == 0)
		outbox_put_back(session->outbox, session->lent.id);
	session->lends = false;
	session->behind = 0;
	flights_owe_all(&session->flights);
	flights_forget_requests(&session->flights);
}

void publish_begin_anew(struct session *session)
{
	struct flights *flights = &session->flights;
	struct flight *flight;

	while ((flight = flights_first_owed(flights)) != NULL) {
		outbox_put_back(session->outbox, flight->message.id);
		flights_remove(flights, flight);
	}
}
