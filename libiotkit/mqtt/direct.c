/* SPDX-License-Identifier: MIT
 *
 * QoS 0 has no packet id and no state, and nobody answers it: such a message goes into the link
 * itself, between two of paho's packets. paho has a thread take it over, which costs many times
 * what all the rest does.
 *
 * A large one finds no room there, and goes by paho. So do those behind it, until the link has all
 * that paho wrote: none is to overtake another.
 */
#include "mqtt/internal.h"
#include "mqtt/packet.h"

static bool goes_by_paho(struct session *session)
{
	struct direct *direct = &session->direct;

	if (direct->by_paho == 0 && direct->behind_paho)
		direct->behind_paho = !link_has_all(session->link);
	return direct->behind_paho;
}

enum direct_outcome direct_send(struct session *session, const struct outbox_message *message)
{
	struct buffer *packet = &session->direct.packet;

	if (message->qos != 0 || message->size > LINK_PACKET_MAX || goes_by_paho(session))
		return DIRECT_NOT;
	buffer_clear(packet);
	if (packet_publish(message, 0, session->settings->version_5, packet) != IOTKIT_OK)
		return DIRECT_NOT;
	return link_send(session->link, packet->bytes, packet->size) ? DIRECT_SENT : DIRECT_WAIT;
}

void direct_note_by_paho(struct session *session)
{
	session->direct.by_paho++;
	session->direct.behind_paho = true;
}

void direct_note_passed(struct session *session)
{
	session->direct.by_paho--;
}
