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

/* One message under way. Lives in the client's window. */
struct flight {
	struct client *client;
	struct outbox_message message; /* lent by the outbox */
	struct answer answer;
	uint16_t token; /* its packet id; 0: not under way, or not known yet */
	bool resumed; /* from an earlier life of the process */
	bool released; /* and only PUBREL is left to send */
	struct flight *next; /* in the list of the free, or of the answered */
};

/* One SUBSCRIBE or UNSUBSCRIBE under way. */
struct request {
	struct client *client;
	char *filter;
	bool unsubscribes;
	int32_t qos;
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
	struct flight *flights; /* answered, in order */
	struct flight **flights_end;
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
	struct flight *sending; /* the one that MQTTAsync_send() is about */
	pthread_mutex_t lock; /* guards notes, answers and tokens of what is under way */
	struct notes notes;
	struct flight *flights; /* all of the window */
	struct flight *free_flights;
	struct flight *resumed; /* those of an earlier life of the process */
	size_t resumed_count;
	size_t resumed_pending; /* of them, without an answer */
	struct request *requests; /* all that are under way */
	bool connected_before; /* so that MQTT 5 begins the session anew only once */
};

/* What an earlier life of the process left under way is resumed, and counts in
 * resumed_count. All is borrowed. */
iotkit_status client_open(struct client *client, const struct session_settings *settings,
			  const struct session_sink *sink, struct outbox *outbox,
			  struct inbound *inbound, struct wake *wake);
void client_close(struct client *client);

/* Begins to connect through the loopback port; the answer is in the notes. */
iotkit_status client_connect(struct client *client, uint16_t port);

/* Begins to say goodbye; notes.closed tells when it is done. False when there
 * is no connection to say it on. */
bool client_disconnect(struct client *client);

/* Hands a message to paho. False when it takes none at the moment. */
bool client_send(struct client *client, struct flight *flight);

/* Sends a SUBSCRIBE or UNSUBSCRIBE; false when it cannot be sent now. */
bool client_request(struct client *client, const char *filter, int32_t qos, bool unsubscribes);

/* Moves the notes out; the flights and requests in them are the caller's until
 * client_release() and client_forget(). */
void client_collect(struct client *client, struct notes *out);
void client_forget(struct request *request);

/* The token of what MQTTAsync_send() is about, and the outbox's message that is under
 * way with a token; 0: none. */
void client_set_token(struct client *client, struct flight *flight, uint16_t token);
uint64_t client_find_message(struct client *client, uint16_t token);

/* Whether some of what was resumed is not answered yet. */
bool client_is_resuming(struct client *client);

/* The broker refuses what is resumed with a code that paho does not hand on. */
void client_note_refused(struct client *client, uint16_t token, int code);

struct flight *client_reserve(struct client *client); /* NULL when the window is full */
void client_release(struct client *client, struct flight *flight);

#endif
