/* SPDX-License-Identifier: MIT
 *
 * What outlives the process and the connection: the session that the broker keeps for
 * this client id, and our half of it in the outbox's file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/internal.h"

enum { CLIENT_ID_SIZE = 1024 };

static const char owner_text[] = "client_id"; /* whose session the file has */
static const char present_text[] = "session"; /* that there was one: the same, again */

/* ---- The gate ---- */

static uint64_t ticket(void *context)
{
	struct session *session = context;

	return outbox_ticket(session->outbox);
}

static bool passed(void *context, uint64_t number)
{
	struct session *session = context;

	return outbox_passed(session->outbox, number);
}

static bool untaken(void *context, uint16_t packet_id)
{
	struct session *session = context;

	return inbound_is_untaken(&session->inbound, packet_id);
}

static bool under_way(void *context, uint16_t packet_id)
{
	const struct session *session = context;

	return flights_find(&session->flights, packet_id) != NULL;
}

static void asked(void *context, uint16_t packet_id)
{
	struct session *session = context;

	flights_note_requested(&session->flights, packet_id);
	if (session->behind == packet_id)
		session->behind = 0;
}

struct link_gate session_gate(struct session *session)
{
	struct link_gate gate = {.context = session,
				 .untaken = untaken,
				 .under_way = under_way,
				 .asked = asked,
				 .answered = publish_take_answer,
				 .may_arrive = arrival_may_come,
				 .arrived = arrival_take,
				 .handed_over = publish_note_handed_over};

	if (outbox_is_durable(session->outbox)) {
		gate.ticket = ticket;
		gate.passed = passed;
	}
	return gate;
}

/* ---- Another life of the process ---- */

static void forget_received(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	struct session *session = context;

	(void)packet;
	(void)size;
	outbox_end_received(session->outbox, packet_id);
}

/* Packet ids mean nothing in another client's session. */
static void disown(struct session *session, const char *owner)
{
	struct outbox_flight flight;
	char text[ERROR_TEXT_SIZE];
	uint64_t count = 0;

	for (; outbox_flights(session->outbox, &flight, 1) == 1; count++)
		outbox_put_back(session->outbox, flight.message.id);
	outbox_received(session->outbox, forget_received, session);
	outbox_save(session->outbox); /* before persistence_open() reads it */
	if (count == 0)
		return;
	snprintf(text, sizeof text,
		 "%" PRIu64 " messages were under way when this outbox belonged to the client id "
		 "'%.100s': they are sent anew, and may come twice",
		 count, owner);
	session->sink.warned(session->sink.context, IOTKIT_ESTATE, text);
}

static iotkit_status check_owner(struct session *session)
{
	const char *client_id = session->settings->client_id;
	char owner[CLIENT_ID_SIZE];

	if (!outbox_is_durable(session->outbox))
		return IOTKIT_OK;
	iotkit_status status = outbox_get_text(session->outbox, owner_text, owner, sizeof owner);
	if (status != IOTKIT_OK || strcmp(owner, client_id) == 0)
		return status;
	disown(session, owner);
	return outbox_set_text(session->outbox, owner_text, client_id);
}

/* What the broker cannot tell apart goes anew. */
static void take_over(struct session *session, const struct outbox_flight *found)
{
	struct flight *flight = flights_add(&session->flights, &found->message, found->packet_id);

	if (flight == NULL) {
		outbox_put_back(session->outbox, found->message.id);
		return;
	}
	flight->released = found->released;
	flights_owe(&session->flights, flight);
}

iotkit_status session_resume(struct session *session)
{
	size_t window = (size_t)session->settings->window;
	struct outbox_flight *found = calloc(FLIGHTS_MAX, sizeof *found);
	iotkit_status status = found != NULL ? check_owner(session) : error_set_no_memory();

	if (status == IOTKIT_OK) {
		size_t count = outbox_flights(session->outbox, found, FLIGHTS_MAX);
		status = flights_open(&session->flights, count > window ? count : window);
		for (size_t i = 0; i < count && status == IOTKIT_OK; i++)
			take_over(session, &found[i]);
	}
	free(found);
	return status;
}

static bool was_present(struct session *session)
{
	char owner[CLIENT_ID_SIZE];

	if (session->client.connected_before)
		return true;
	return outbox_get_text(session->outbox, present_text, owner, sizeof owner) == IOTKIT_OK &&
	       strcmp(owner, session->settings->client_id) == 0;
}

void session_note_present(struct session *session, bool session_present)
{
	bool expected = !session->settings->clean_start && was_present(session);

	/* The broker may have messages unfinished of a life that left us nothing. */
	if (!expected && session_present)
		flights_scatter_ids(&session->flights);
	if (expected && !session_present)
		session->sink.warned(
			session->sink.context, IOTKIT_ESTATE,
			"the broker has forgotten the session: what was under way is sent anew, so "
			"messages with QoS 2 may come twice this once (publish.id=on lets "
			"consumers "
			"tell), and what others sent meanwhile is lost; mqtt.session_expiry_s and "
			"the broker's persistence keep a session");
	if (!expected && !session->settings->clean_start)
		outbox_set_text(session->outbox, present_text, session->settings->client_id);
}
