/* SPDX-License-Identifier: MIT
 *
 * The broker's messages with QoS 1 and 2, from their arrival until the application has
 * taken them and the exchange with the broker is finished.
 *
 * A message is acknowledged once the application has taken it, so that whatever was not
 * comes again after a restart. With QoS 1 PUBACK is ours. With QoS 2 the link holds back
 * what paho says: with MQTT 5 PUBREC; with MQTT 3.1.1, where paho hands a message over
 * only after PUBREL, PUBCOMP. That the exchange has come further is kept in the outbox's
 * file: with MQTT 5, that a message was taken; with MQTT 3.1.1, the message.
 *
 * Every function may be called from any thread.
 */
#ifndef IOTKIT_MQTT_INBOUND_H
#define IOTKIT_MQTT_INBOUND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outbox/outbox.h"

enum { PACKET_IDS = 65536 };

struct inbound {
	struct outbox *outbox;
	bool version_5;
	pthread_mutex_t lock; /* guards what follows */
	uint32_t generation; /* of the broker's session: packet ids of another mean nothing */
	uint8_t untaken[PACKET_IDS]; /* how many messages of this packet id wait to be taken */
	bool unfinished[PACKET_IDS]; /* the file knows of it */
	/* Those to be acknowledged by PUBACK over this connection, in the order in which they
	 * came: a ring. */
	uint16_t unacknowledged[PACKET_IDS];
	uint32_t oldest; /* where it is in there */
	uint32_t count;
};

void inbound_init(struct inbound *inbound, struct outbox *outbox, bool version_5);
void inbound_destroy(struct inbound *inbound);

/* paho got a packet with QoS 2 that is not finished: it, or an earlier life of this
 * process. */
iotkit_status inbound_note_received(struct inbound *inbound, uint16_t packet_id, const void *packet,
				    size_t size);
void inbound_note_known(struct inbound *inbound, uint16_t packet_id);

/* An event is made of a message, and the application takes it: by the token, which is
 * never 0, it is the same one. */
uint64_t inbound_note_arrived(struct inbound *inbound, uint16_t packet_id);
void inbound_note_taken(struct inbound *inbound, uint64_t token, int32_t qos);

/* Or none could be made: it is to come again. */
void inbound_note_untold(struct inbound *inbound, uint64_t token);

/* A message with QoS 1 is to be acknowledged when it is taken. False: there are more of them than
 * packet ids. */
bool inbound_expect_puback(struct inbound *inbound, uint16_t packet_id);

/* The oldest of those, if it was taken, and that it has been acknowledged. MQTT 5.0 section 4.6
 * wants them in their order. */
bool inbound_next_puback(struct inbound *inbound, uint16_t *packet_id);
void inbound_note_puback(struct inbound *inbound);

/* The connection has ended: the broker sends anew what was not acknowledged. */
void inbound_note_hung_up(struct inbound *inbound);

/* The broker has forgotten the session, and begins anew with its packet ids. */
void inbound_forget(struct inbound *inbound);
bool inbound_is_untaken(struct inbound *inbound, uint16_t packet_id);

/* paho has finished with a packet with QoS 2. */
iotkit_status inbound_note_finished(struct inbound *inbound, uint16_t packet_id);

/* The ids of those that are not finished, rising; returns how many. */
size_t inbound_list(struct inbound *inbound, uint16_t ids[PACKET_IDS]);

#endif
