/* SPDX-License-Identifier: MIT
 *
 * What outlives the process and the connection: the session that the broker keeps for
 * this client id, and our half of it in the outbox's file.
 */
#include <inttypes.h>
#include <stdio.h>
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

static void refused(void *context, uint16_t packet_id, int code)
{
	struct session *session = context;

	client_note_refused(&session->client, packet_id, code);
}

struct link_gate session_gate(struct session *session)
{
	struct link_gate gate = {.context = session, .untaken = untaken};

	if (outbox_is_durable(session->outbox)) {
		gate.ticket = ticket;
		gate.passed = passed;
	}
	if (session->settings->version_5 && session->client.resumed_count > 0)
		gate.refused = refused;
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

iotkit_status session_resume(struct session *session)
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
