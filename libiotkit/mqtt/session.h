/* SPDX-License-Identifier: MIT
 *
 * One MQTT session: it connects, reconnects, sends what the outbox holds, and
 * hands on what the broker sends. All of it happens on the session's thread.
 *
 *              start                    CONNACK
 *     IDLE ------------> TRYING ---------------------> CONNECTED
 *      ^                  |  ^        lost              |   |
 *      |                  |  +--------------------------+   |
 *      |                  v                                 | refused for good
 *      |                ENDED <-----------------------------+
 *      +---- stop ----- from anywhere
 */
#ifndef IOTKIT_MQTT_SESSION_H
#define IOTKIT_MQTT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "iotkit.h"
#include "outbox/outbox.h"
#include "packet/facts.h"
#include "tls/settings.h"
#include "tls/tls.h"

struct session_broker {
	char *host;
	uint16_t port;
};

struct session_will {
	char *topic; /* NULL: no will */
	void *payload;
	size_t size;
	int32_t qos;
	int32_t retain;
};

enum { SESSION_BROKERS_MAX = 16 };

/* Borrowed; unchanged from session_start() to session_close(). */
struct session_settings {
	const struct session_broker *brokers;
	size_t broker_count;
	const struct session_will *will;
	const char *client_id;
	const char *username; /* "" for none, as the next two */
	const char *password;
	const char *password_file; /* read at each attempt, so that it may be renewed */
	bool with_tls; /* all brokers */
	struct tls_settings tls;
	bool version_5;
	bool clean_start;
	int64_t keepalive_s;
	int64_t session_expiry_s;
	int64_t window; /* messages under way at once */
	bool live_first; /* what is accepted while connected goes before what waited */
	int64_t drain_rate; /* messages a second of what waited, then */
	int64_t connect_timeout_ms;
	int64_t reconnect_min_ms;
	int64_t reconnect_max_ms;
	bool trace_packets; /* whether the sink hears of them */
	const char *capture_file; /* where they are written for Wireshark; "": nowhere */
	int64_t capture_max; /* bytes that it may have */
};

/* A message of the broker's. All pointers are borrowed. */
struct session_message {
	const char *topic;
	const void *payload;
	size_t size;
	int32_t qos;
	bool retain;
	uint64_t token; /* for session_note_taken(); 0: nobody waits for that */
	uint64_t epoch; /* as its user properties say; 0: they do not */
	uint64_t seq;
};

/* Where events go. Called on the session's thread, but for message with QoS 2, which is
 * called on paho's. disconnected, delivered and dropped may be called with the session's monitor
 * held, so they may not call the session. All pointers are borrowed. */
struct session_sink {
	void *context;
	/* The broker has accepted: what it is to know first may be appended now. */
	void (*accepted)(void *context);
	void (*connected)(void *context, bool session_present, const char *text);
	/* retry_ms: pause before the next attempt, -1 when there is none. */
	void (*disconnected)(void *context, const struct reason *reason, int32_t retry_ms);
	/* Fails without memory for it: then it is lost, unless the broker sends it again. */
	iotkit_status (*message)(void *context, const struct session_message *message);
	void (*delivered)(void *context, uint64_t id, const char *topic);
	void (*dropped)(void *context, uint64_t id, const char *topic, const struct reason *reason);
	void (*subscribed)(void *context, const char *filter, int32_t qos,
			   const struct reason *reason);
	/* A packet went to the broker, or came from it; in words. */
	void (*packet)(void *context, const struct packet_facts *facts, const char *text);
	/* Something the user should know of, as a certificate that expires soon. */
	void (*warned)(void *context, iotkit_status status, const char *text);
	/* Whether messages had better stay at the broker for now. */
	bool (*congested)(void *context);
	/* Puts into the outbox what is due, or all there is; returns the moment to be
	 * called again, CLOCK_NEVER when nothing is left. Called by any thread. */
	int64_t (*prepare)(void *context, bool all);
};

struct session_counters {
	bool connected;
	uint64_t connects;
	uint64_t connect_failures;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	uint64_t intruders;
	struct tls_counters tls;
};

struct session;

/* The settings need not be filled in before session_start(). */
iotkit_status session_open(const struct session_settings *settings, const struct session_sink *sink,
			   struct outbox *outbox, struct session **out);
void session_close(struct session *session); /* stops it first; NULL is fine */

/* Begins to connect; does nothing while it is under way. */
iotkit_status session_start(struct session *session);

/* Waits until it is connected; fails with the reason when it has ended. */
iotkit_status session_wait_connected(struct session *session, int64_t deadline);

/* Waits until all is delivered that is in the outbox now. */
iotkit_status session_wait_delivered(struct session *session, int64_t deadline);

/* Delivers until the deadline what there is now, says goodbye, and ends the
 * thread. IOTKIT_ETIMEOUT when some of it is left. */
iotkit_status session_stop(struct session *session, int64_t deadline);

/* There is something new in the outbox, or room for messages again. */
void session_wake(struct session *session);

/* The application has taken a message: it may be acknowledged. */
void session_note_taken(struct session *session, uint64_t token, int32_t qos);

iotkit_status session_subscribe(struct session *session, const char *filter, int32_t qos);
iotkit_status session_unsubscribe(struct session *session, const char *filter);

/* The same for the library's own use: the sink hears of a refusal alone, as a warning. */
iotkit_status session_subscribe_own(struct session *session, const char *filter, int32_t qos);
void session_unsubscribe_own(struct session *session, const char *filter);

/* Whether the application has subscribed to this topic. */
bool session_is_subscribed(struct session *session, const char *topic);

/* As "paho.mqtt.c 1.3.12". */
void session_describe_library(char *text, size_t size);

void session_count(struct session *session, struct session_counters *out);

#endif
