/* SPDX-License-Identifier: MIT */
#include "mqtt/inbound.h"

void inbound_init(struct inbound *inbound, struct outbox *outbox, bool version_5)
{
	inbound->outbox = outbox;
	inbound->version_5 = version_5;
	pthread_mutex_init(&inbound->lock, NULL);
}

void inbound_destroy(struct inbound *inbound)
{
	pthread_mutex_destroy(&inbound->lock);
}

/* The lock is held, as in the next one. */
static iotkit_status remember(struct inbound *inbound, uint16_t packet_id, const void *packet,
			      size_t size)
{
	inbound->unfinished[packet_id] = true;
	return outbox_set_received(inbound->outbox, packet_id, packet, size);
}

static iotkit_status forget(struct inbound *inbound, uint16_t packet_id)
{
	if (!inbound->unfinished[packet_id])
		return IOTKIT_OK;
	inbound->unfinished[packet_id] = false;
	return outbox_end_received(inbound->outbox, packet_id);
}

iotkit_status inbound_note_received(struct inbound *inbound, uint16_t packet_id, const void *packet,
				    size_t size)
{
	iotkit_status status = IOTKIT_OK;

	if (inbound->version_5)
		return IOTKIT_OK;
	pthread_mutex_lock(&inbound->lock);
	status = remember(inbound, packet_id, packet, size);
	pthread_mutex_unlock(&inbound->lock);
	return status;
}

void inbound_note_known(struct inbound *inbound, uint16_t packet_id)
{
	pthread_mutex_lock(&inbound->lock);
	inbound->unfinished[packet_id] = true;
	pthread_mutex_unlock(&inbound->lock);
}

uint64_t inbound_note_arrived(struct inbound *inbound, uint16_t packet_id)
{
	pthread_mutex_lock(&inbound->lock);
	if (inbound->untaken[packet_id] < UINT8_MAX)
		inbound->untaken[packet_id]++;
	uint64_t token = (uint64_t)inbound->generation * PACKET_IDS + packet_id;
	pthread_mutex_unlock(&inbound->lock);
	return token;
}

void inbound_forget(struct inbound *inbound)
{
	pthread_mutex_lock(&inbound->lock);
	inbound->generation++;
	for (size_t id = 0; id < PACKET_IDS; id++) {
		inbound->untaken[id] = 0;
		forget(inbound, (uint16_t)id);
	}
	pthread_mutex_unlock(&inbound->lock);
}

/* The lock is held, as in the next two. */
static bool is_of_session(const struct inbound *inbound, uint64_t token)
{
	return token / PACKET_IDS == inbound->generation;
}

static void note_one_less(struct inbound *inbound, uint16_t packet_id)
{
	if (inbound->untaken[packet_id] > 0)
		inbound->untaken[packet_id]--;
}

static void note_taken(struct inbound *inbound, uint16_t packet_id, int32_t qos)
{
	note_one_less(inbound, packet_id);
	/* Should it not be remembered, then it comes twice rather than never. */
	if (inbound->untaken[packet_id] == 0 && qos == 2) {
		if (inbound->version_5)
			remember(inbound, packet_id, NULL, 0);
		else
			forget(inbound, packet_id);
	}
}

void inbound_note_taken(struct inbound *inbound, uint64_t token, int32_t qos)
{
	pthread_mutex_lock(&inbound->lock);
	if (is_of_session(inbound, token))
		note_taken(inbound, (uint16_t)(token % PACKET_IDS), qos);
	pthread_mutex_unlock(&inbound->lock);
}

void inbound_note_untold(struct inbound *inbound, uint64_t token)
{
	pthread_mutex_lock(&inbound->lock);
	if (is_of_session(inbound, token))
		note_one_less(inbound, (uint16_t)(token % PACKET_IDS));
	pthread_mutex_unlock(&inbound->lock);
}

bool inbound_expect_puback(struct inbound *inbound, uint16_t packet_id)
{
	pthread_mutex_lock(&inbound->lock);
	bool has_room = inbound->count < PACKET_IDS;
	if (inbound->count == 0)
		inbound->oldest = 0; /* memory that is in use already */
	if (has_room)
		inbound->unacknowledged[(inbound->oldest + inbound->count++) % PACKET_IDS] =
			packet_id;
	pthread_mutex_unlock(&inbound->lock);
	return has_room;
}

bool inbound_next_puback(struct inbound *inbound, uint16_t *packet_id)
{
	pthread_mutex_lock(&inbound->lock);
	*packet_id = inbound->unacknowledged[inbound->oldest];
	bool is_due = inbound->count > 0 && inbound->untaken[*packet_id] == 0;
	pthread_mutex_unlock(&inbound->lock);
	return is_due;
}

void inbound_note_puback(struct inbound *inbound)
{
	pthread_mutex_lock(&inbound->lock);
	inbound->oldest = (inbound->oldest + 1) % PACKET_IDS;
	inbound->count--;
	pthread_mutex_unlock(&inbound->lock);
}

void inbound_note_hung_up(struct inbound *inbound)
{
	pthread_mutex_lock(&inbound->lock);
	inbound->count = 0;
	pthread_mutex_unlock(&inbound->lock);
}

bool inbound_is_untaken(struct inbound *inbound, uint16_t packet_id)
{
	pthread_mutex_lock(&inbound->lock);
	bool untaken = inbound->untaken[packet_id] > 0;
	pthread_mutex_unlock(&inbound->lock);
	return untaken;
}

iotkit_status inbound_note_finished(struct inbound *inbound, uint16_t packet_id)
{
	iotkit_status status = IOTKIT_OK;

	pthread_mutex_lock(&inbound->lock);
	if (inbound->version_5 || inbound->untaken[packet_id] == 0)
		status = forget(inbound, packet_id);
	pthread_mutex_unlock(&inbound->lock);
	return status;
}

size_t inbound_list(struct inbound *inbound, uint16_t ids[PACKET_IDS])
{
	size_t count = 0;

	pthread_mutex_lock(&inbound->lock);
	for (size_t id = 0; id < PACKET_IDS; id++)
		if (inbound->unfinished[id])
			ids[count++] = (uint16_t)id;
	pthread_mutex_unlock(&inbound->lock);
	return count;
}
