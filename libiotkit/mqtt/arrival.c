/* SPDX-License-Identifier: MIT
 *
 * The broker's messages with QoS 0 and 1 past paho: the link hands over their packets, and here
 * they become messages of the session's. paho would have a thread of its own read each one byte by
 * byte, which costs many times what all the rest does. Those with QoS 2, which may have to outlive
 * the process, come by way of paho: see callbacks.c. Between the two MQTT promises no order.
 *
 * Source: MQTT 5.0 and 3.1.1 sections 3.3 and 3.4.
 */
#include <string.h>

#include "mqtt/internal.h"
#include "mqtt/packet.h"
#include "packet/facts.h"
#include "packet/properties.h"

/* Not before the application has heard of the connection. When it is to end nobody may be there to
 * take messages, and acknowledgements come behind them. */
bool arrival_may_come(void *context)
{
	struct session *session = context;

	monitor_lock(&session->monitor);
	bool is_connected = session->phase == SESSION_CONNECTED, is_stopping = session->stopping;
	monitor_unlock(&session->monitor);
	return is_connected && (is_stopping || !session->sink.congested(session->sink.context));
}

static bool is_named(const struct packet_property *property, const char *name)
{
	return property->id == PACKET_USER_PROPERTY && property->bytes.size == strlen(name) &&
	       memcmp(property->bytes.at, name, property->bytes.size) == 0;
}

/* The first of each name that has a number counts. False: MQTT does not know them. */
static bool read_properties(struct cursor properties, struct session_message *out)
{
	struct packet_property property;

	while (packet_property_next(&properties, &property)) {
		if (out->epoch == 0 && is_named(&property, "epoch"))
			out->epoch = packet_digits(property.value.at, property.value.size);
		if (out->seq == 0 && is_named(&property, "seq"))
			out->seq = packet_digits(property.value.at, property.value.size);
	}
	return !properties.is_short;
}

/* Where its length was there is room for a NUL behind it. */
static const char *end_topic(char *packet, const struct cursor_bytes *topic)
{
	size_t at = (size_t)((const char *)topic->at - packet) - 1;

	memmove(packet + at, topic->at, topic->size);
	packet[at + topic->size] = '\0';
	return packet + at;
}

static iotkit_status refuse(const char *what)
{
	return error_set(IOTKIT_EPROTOCOL,
			 "the broker sent a message %s: it breaks the rules of MQTT", what);
}

/* The packet was measured: all of it is there. */
static iotkit_status read_message(struct session *session, char *packet, size_t size,
				  struct session_message *out, uint16_t *packet_id)
{
	const struct packet_seen seen = {.version_5 = session->settings->version_5,
					 .bytes = (const unsigned char *)packet,
					 .kept = size,
					 .passed = size};
	struct packet_facts facts;

	packet_read(&seen, &facts);
	if (facts.body.is_short)
		return refuse("that is too short");
	*out = (struct session_message){.payload = facts.body.at,
					.size = facts.body.left,
					.qos = (int32_t)packet_qos(&facts),
					.retain = packet_is_retained(&facts)};
	*packet_id = facts.id;
	if (facts.topic.size == 0)
		return refuse("without a topic");
	if (out->qos > 0 && facts.id == 0)
		return refuse("with the packet id 0");
	if (!read_properties(facts.properties, out))
		return refuse("with a property that MQTT does not know");
	out->topic = end_topic(packet, &facts.topic);
	return IOTKIT_OK;
}

iotkit_status arrival_take(void *context, char *packet, size_t size)
{
	struct session *session = context;
	struct session_message message;
	uint16_t packet_id = 0;
	iotkit_status status = read_message(session, packet, size, &message, &packet_id);

	if (status != IOTKIT_OK)
		return status;
	if (message.qos > 0) {
		if (!inbound_expect_puback(&session->inbound, packet_id))
			return refuse("more than it has packet ids for");
		message.token = inbound_note_arrived(&session->inbound, packet_id);
	}
	status = session->sink.message(session->sink.context, &message);
	if (status == IOTKIT_OK || message.qos == 0)
		return IOTKIT_OK;
	/* The connection ends with it, and over the next one the broker sends it again. */
	inbound_note_untold(&session->inbound, message.token);
	return status;
}

/* In memory of its own: without any nobody would come back to it. */
void arrival_acknowledge(struct session *session)
{
	char bytes[4];
	struct buffer packet;
	uint16_t packet_id;

	buffer_init_in(&packet, bytes, sizeof bytes, sizeof bytes);
	while (inbound_next_puback(&session->inbound, &packet_id)) {
		buffer_clear(&packet);
		if (packet_puback(packet_id, &packet) != IOTKIT_OK ||
		    !link_send(session->link, packet.bytes, packet.size))
			return;
		inbound_note_puback(&session->inbound);
	}
}
