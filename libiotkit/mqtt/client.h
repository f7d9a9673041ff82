/* SPDX-License-Identifier: MIT
 *
 * paho.mqtt.c, with its two dialects (MQTT 3.1.1 and 5) made one, and its
 * callbacks turned into notes that the session's thread collects.
 */
#ifndef IOTKIT_MQTT_CLIENT_H
#define IOTKIT_MQTT_CLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/wake.h"
#include "mqtt/inbound.h"
#include "mqtt/reason.h"
#include "mqtt/session.h"

enum { REASON_STRING_SIZE = 128 };

enum answer_kind { ANSWER_PENDING, ANSWER_YES, ANSWER_NO, ANSWER_LOST };

/* How the broker, or paho, answered. */
struct answer {
	enum answer_kind kind;
	int code; /* NO: the broker's code */
	int qos; /* YES to a subscription: granted */
	char words[REASON_STRING_SIZE]; /* NO: a reason string the broker gave, or "" */
};

struct client;
struct persistence;

/* One SUBSCRIBE or UNSUBSCRIBE under way. */
struct request {
	struct client *client;
	char *filter;
	bool unsubscribes;
	int32_t qos;
	uint16_t packet_id;
	struct answer answer;
	struct request *next;
};

/* What paho's threads told since the last collection. */
struct notes {
	struct answer connect; /* to CONNECT */
	bool session_present;
	int32_t receive_maximum; /* 0: none given */
	uint32_t maximum_packet; /* 0: none given */
	struct answer goodbye; /* NO: a DISCONNECT of the broker's, with its code */
	bool lost; /* a connection that was up is no more */
	bool closed; /* our own DISCONNECT is done */
	struct request *requests; /* answered, in order */
	struct request **requests_end;
};

struct client {
	const struct session_settings *settings;
	const struct session_sink *sink;
	void *paho; /* MQTTAsync */
	struct outbox *outbox;
	struct inbound *inbound;
	struct persistence *persistence; /* NULL: the outbox is in memory */
	struct wake *wake; /* signalled with each note */
	pthread_mutex_t lock; /* guards what follows */
	struct notes notes;
	struct request *requests; /* all that are under way */
	bool connected_before; /* so that MQTT 5 begins the session anew only once */
};

/* All is borrowed. */
iotkit_status client_open(struct client *client, const struct session_settings *settings,
			  const struct session_sink *sink, struct outbox *outbox,
			  struct inbound *inbound, struct wake *wake);
void client_close(struct client *client);

/* Begins to connect through the loopback port; the answer is in the notes. */
iotkit_status client_connect(struct client *client, uint16_t port);

/* Begins to say goodbye; notes.closed tells when it is done. False when there
 * is no connection to say it on. */
bool client_disconnect(struct client *client);

/* Has a SUBSCRIBE or UNSUBSCRIBE sent; returns its packet id, or 0 when it cannot be sent now. */
uint16_t client_request(struct client *client, const char *filter, int32_t qos, bool unsubscribes);

/* Moves the notes out; the requests in them are the caller's until client_forget(). */
void client_collect(struct client *client, struct notes *out);
void client_forget(struct request *request);

#endif
