/* SPDX-License-Identifier: MIT
 *
 * What the files of this room share: the session, and who may touch what.
 */
#ifndef IOTKIT_MQTT_INTERNAL_H
#define IOTKIT_MQTT_INTERNAL_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/monitor.h"
#include "link/link.h"
#include "mqtt/backoff.h"
#include "mqtt/client.h"
#include "mqtt/flights.h"
#include "mqtt/session.h"

enum session_phase { SESSION_IDLE, SESSION_TRYING, SESSION_CONNECTED, SESSION_ENDED };

enum {
	SUBSCRIPTIONS_MAX = 1024,
	CONGESTION_PAUSE_MS = 10000, /* between two complaints */
	RETRY_SEND_MS = 100 /* when paho took nothing although it should, or for want of memory */
};

/* As long as not all that waits upstream has found room in the outbox. */
#define STOP_ID_UNKNOWN UINT64_MAX

#define AWAITED_NONE UINT64_MAX

struct subscription {
	char *filter;
	int32_t qos;
	bool wanted; /* by the application */
	bool own; /* wanted by the library */
	bool refused; /* by the broker */
	enum subscription_state {
		SUBSCRIPTION_WANTED, /* to be sent */
		SUBSCRIPTION_ASKED,
		SUBSCRIPTION_ANSWERED,
		SUBSCRIPTION_LEAVING, /* UNSUBSCRIBE to be sent */
		SUBSCRIPTION_LEFT, /* and sent; gone when it is answered */
		SUBSCRIPTION_COVERED /* our own; one of the application's brings its messages */
	} state;
	struct subscription *next;
};

struct session {
	/* Set once. */
	const struct session_settings *settings;
	struct session_sink sink;
	struct outbox *outbox;
	struct inbound inbound;
	struct wake wake;
	atomic_bool asks; /* subscriptions have changed since paho was given what to ask for */

	/* Serialises start and stop. Taken before the monitor. */
	pthread_mutex_t control;
	pthread_t thread; /* guarded by control */
	bool has_thread; /* guarded by control */
	struct capture *capture; /* opened before the thread begins; NULL: none */

	/* Guards what follows, and tells of its changes. */
	struct monitor monitor;
	enum session_phase phase;
	bool stopping;
	int64_t stop_deadline;
	uint64_t stop_id; /* the last message to deliver before; STOP_ID_UNKNOWN */
	uint64_t awaited_id; /* the lowest that a thread waits for; AWAITED_NONE */
	struct reason last; /* why the last attempt or connection ended */
	struct subscription *subscriptions;
	struct session_counters counters; /* of ended connections */
	struct link_counters live; /* of the present one */

	/* The session's thread's own. */
	struct client client;
	bool has_client;
	bool warned_of_clear_password;
	bool congested; /* when last looked */
	bool lends; /* a payload to the link */
	struct tls *tls; /* NULL: without */
	struct link *link;
	struct backoff backoff;
	size_t broker; /* which one is, or will be, tried */
	bool refused[SESSION_BROKERS_MAX]; /* for good */
	struct flights flights;
	uint16_t behind; /* packet id of paho's last request, until it is on its way; 0: none */
	struct buffer packet; /* the last one that was made; its memory serves again */
	struct outbox_message lent; /* whose payload, while it lends one */
	int64_t window; /* what this broker allows, at most the setting */
	uint32_t maximum_packet; /* 0: no limit */
	int64_t retry_send_at; /* when there is something to do that nobody wakes us for */
	int64_t sated_until; /* the broker wants no message before */
	uint64_t said; /* bytes to the broker, when last looked, */
	int64_t said_at; /* and when there were more of them than before */
	double drain_credit; /* messages of the backlog that may go now, with live_first */
	int64_t drain_credit_at; /* when it was reckoned */
	int64_t congestion_told_at;
};

/* The broker that is, or will be, tried. */
static inline const struct session_broker *session_broker_now(const struct session *session)
{
	return &session->settings->brokers[session->broker];
}

/* The session's thread. */
void *session_run(void *context);

/* Nothing is left to be done but to say goodbye, or time is up. */
bool session_is_over(void *context);

/* It was told to stop, and has not been started since. */
bool session_is_stopping(struct session *session);

/* Lets what waits upstream into the outbox; returns when to do so again. */
int64_t session_prepare(struct session *session);

/* What is held back on its way to the broker, and until when. */
struct link_gate session_gate(struct session *session);

/* Opens the file of trace.pcap, unless it is open. The control lock is held. */
iotkit_status session_open_capture(struct session *session);

/* Who looks on at what goes over the link. */
struct tap_viewer session_viewer(struct session *session);

/* Resumes what an earlier life of the process left, if it is of this client id. */
iotkit_status session_resume(struct session *session);

/* Connected: tells when the broker has forgotten the session. */
void session_note_present(struct session *session, bool session_present);

/* Takes in what paho told about subscriptions. */
void session_take_answers(struct session *session, struct notes *notes);

/* Sends what is owed, and then the outbox's messages, as many as the window holds. */
void session_feed(struct session *session);

/* Wakes who waits for deliveries that are done. */
void session_tell_progress(struct session *session);

/* Whether one more of the outbox's messages may be under way to this broker, and whether it would
 * never take it. */
bool window_has_room(const struct session *session, const struct outbox_message *message);
bool window_is_too_large(const struct session *session, const struct outbox_message *message);
void window_drop_too_large(struct session *session, const struct outbox_message *message);

/* Sends a message of the outbox's; false when the link has no room for it now. */
bool publish_send(struct session *session, const struct outbox_message *message);

/* Sends what flights owe, as far as may be; true when that is all. */
bool publish_send_owed(struct session *session);

/* A message leaves the outbox. */
void publish_leave_delivered(struct session *session, const struct outbox_message *message);
void publish_drop(struct session *session, const struct outbox_message *message,
		  const struct reason *reason);

/* What the link tells of messages. */
void publish_take_answer(void *context, const struct link_answer *answer);
void publish_note_handed_over(void *context);

/* What the link asks and tells of the broker's messages with QoS 0 and 1. */
bool arrival_may_come(void *context);
iotkit_status arrival_take(void *context, char *packet, size_t size);

/* Sends PUBACK for those that the application has taken, as far as there is room. */
void arrival_acknowledge(struct session *session);

/* The connection has ended; and another broker, or one that has forgotten, knows of no flight. */
void publish_note_hung_up(struct session *session);
void publish_begin_anew(struct session *session);

/* Sends a ping when paho's have not gone; returns when to look again. */
int64_t keepalive_heed(struct session *session);

/* Subscriptions, as seen by the session's thread. */
void subscriptions_renew(struct session *session, bool session_present);
void subscriptions_send(struct session *session);
void subscriptions_answer(struct session *session, const struct request *request);
void subscriptions_free(struct session *session);

#endif
