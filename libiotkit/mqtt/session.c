/* SPDX-License-Identifier: MIT
 *
 * The session as other threads see it: starting, stopping and waiting.
 */
#include "mqtt/session.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "mqtt/internal.h"
#include "mqtt/process.h"

iotkit_status session_open(const struct session_settings *settings, const struct session_sink *sink,
			   struct outbox *outbox, struct session **out)
{
	struct session *session = calloc(1, sizeof *session);

	if (session == NULL)
		return error_set_no_memory();
	iotkit_status status = process_enter();
	if (status != IOTKIT_OK) {
		free(session);
		return status;
	}
	session->settings = settings;
	session->sink = *sink;
	session->outbox = outbox;
	session->congestion_told_at = -CONGESTION_PAUSE_MS;
	session->awaited_id = AWAITED_NONE;
	buffer_init(&session->packet, LINK_HEAD_MAX + LINK_PACKET_MAX);
	status = wake_open(&session->wake);
	if (status == IOTKIT_OK) {
		status = monitor_init(&session->monitor);
		if (status != IOTKIT_OK)
			wake_close(&session->wake);
	}
	if (status != IOTKIT_OK) {
		process_leave();
		free(session);
		return status;
	}
	pthread_mutex_init(&session->control, NULL);
	*out = session;
	return IOTKIT_OK;
}

void session_close(struct session *session)
{
	if (session == NULL)
		return;
	session_stop(session, clock_monotonic_ms());
	if (session->has_client) {
		client_close(&session->client);
		inbound_destroy(&session->inbound);
	}
	tls_close(session->tls);
	capture_close(session->capture);
	subscriptions_free(session);
	flights_close(&session->flights);
	buffer_free(&session->packet);
	pthread_mutex_destroy(&session->control);
	monitor_destroy(&session->monitor);
	wake_close(&session->wake);
	free(session);
	process_leave();
}

/* The control lock is held. */
static void join_thread(struct session *session)
{
	if (session->has_thread)
		pthread_join(session->thread, NULL);
	session->has_thread = false;
}

/* The monitor is held. */
static bool is_running(const struct session *session)
{
	return session->phase == SESSION_TRYING || session->phase == SESSION_CONNECTED;
}

static iotkit_status make_client(struct session *session)
{
	if (session->has_client)
		return IOTKIT_OK;
	inbound_init(&session->inbound, session->outbox, session->settings->version_5);
	iotkit_status status = session_resume(session);
	if (status == IOTKIT_OK)
		status = client_open(&session->client, session->settings, &session->sink,
				     session->outbox, &session->inbound, &session->wake);
	session->has_client = status == IOTKIT_OK;
	if (status != IOTKIT_OK) {
		flights_close(&session->flights);
		inbound_destroy(&session->inbound);
	}
	return status;
}

static void warn(void *context, const char *text)
{
	struct session *session = context;

	session->sink.warned(session->sink.context, IOTKIT_ETLS, text);
}

static iotkit_status make_tls(struct session *session)
{
	const struct tls_sink sink = {.context = session, .warn = warn};

	if (session->tls != NULL || !session->settings->with_tls)
		return IOTKIT_OK;
	return tls_open(&session->settings->tls, &sink, &session->tls);
}

static void begin(struct session *session)
{
	for (size_t i = 0; i < SESSION_BROKERS_MAX; i++)
		session->refused[i] = false;
	backoff_init(&session->backoff, session->settings->reconnect_min_ms,
		     session->settings->reconnect_max_ms);
	monitor_lock(&session->monitor);
	session->phase = SESSION_TRYING;
	session->stopping = false;
	reason_set(&session->last, IOTKIT_OK, "no attempt has ended yet");
	monitor_unlock(&session->monitor);
}

bool session_is_stopping(struct session *session)
{
	monitor_lock(&session->monitor);
	bool stopping = session->stopping;
	monitor_unlock(&session->monitor);
	return stopping;
}

/* Stopping may take long; nobody should have to wait for it here. */
static bool is_stop_under_way(struct session *session)
{
	monitor_lock(&session->monitor);
	bool stopping = session->stopping && is_running(session);
	monitor_unlock(&session->monitor);
	return stopping;
}

iotkit_status session_start(struct session *session)
{
	iotkit_status status = IOTKIT_OK;

	if (is_stop_under_way(session))
		return error_set(
			IOTKIT_ESTATE,
			"cannot connect: iotkit_disconnect() is under way in another thread");
	pthread_mutex_lock(&session->control);
	monitor_lock(&session->monitor);
	bool running = is_running(session);
	monitor_unlock(&session->monitor);
	if (!running) {
		join_thread(session);
		status = make_client(session);
		if (status == IOTKIT_OK)
			status = session_open_capture(session);
		if (status == IOTKIT_OK)
			status = make_tls(session);
		if (status == IOTKIT_OK) {
			begin(session);
			status = thread_start(&session->thread, "iotkit-session", session_run,
					      session);
			session->has_thread = status == IOTKIT_OK;
		}
		if (status != IOTKIT_OK) {
			monitor_lock(&session->monitor);
			session->phase = SESSION_IDLE;
			monitor_unlock(&session->monitor);
		}
	}
	pthread_mutex_unlock(&session->control);
	return status;
}

iotkit_status session_wait_connected(struct session *session, int64_t deadline)
{
	iotkit_status status = IOTKIT_OK;

	monitor_lock(&session->monitor);
	while (session->phase == SESSION_TRYING && monitor_wait(&session->monitor, deadline))
		continue;
	if (session->phase == SESSION_ENDED)
		status = reason_raise(&session->last);
	else if (session->phase == SESSION_IDLE || session->stopping)
		status = error_set(IOTKIT_ESTATE,
				   "not connected: iotkit_disconnect() was called meanwhile");
	else if (session->phase == SESSION_TRYING)
		status = error_set(IOTKIT_ETIMEOUT,
				   "not connected yet, trying on in the background: %s",
				   session->last.text);
	monitor_unlock(&session->monitor);
	return status;
}

static iotkit_status explain_waiting(struct session *session)
{
	struct outbox_counters counters;

	outbox_count(session->outbox, &counters);
	switch (session->phase) {
	case SESSION_IDLE:
		return error_set(IOTKIT_ESTATE,
				 "%" PRIu64 " messages wait, and the session is not started: call "
				 "iotkit_connect()",
				 counters.rows);
	case SESSION_ENDED:
		return error_set(IOTKIT_ESTATE,
				 "%" PRIu64 " messages wait, but the session has ended: %s",
				 counters.rows, session->last.text);
	case SESSION_TRYING:
		return error_set(IOTKIT_ETIMEOUT, "%" PRIu64 " messages wait for a connection: %s",
				 counters.rows, session->last.text);
	case SESSION_CONNECTED:
		if (session->sink.congested(session->sink.context))
			return error_set(IOTKIT_ETIMEOUT,
					 "%" PRIu64
					 " messages wait, since so many received ones do: "
					 "take events with iotkit_next_event()",
					 counters.rows);
		break;
	}
	return error_set(IOTKIT_ETIMEOUT,
			 "%" PRIu64 " messages wait to be acknowledged by the broker",
			 counters.rows);
}

iotkit_status session_wait_delivered(struct session *session, int64_t deadline)
{
	uint64_t last_id = outbox_last_id(session->outbox);
	iotkit_status status = IOTKIT_OK;

	monitor_lock(&session->monitor);
	while (!outbox_done(session->outbox, last_id)) {
		if (last_id < session->awaited_id)
			session->awaited_id = last_id;
		bool hopeless = session->phase == SESSION_IDLE || session->phase == SESSION_ENDED;
		if (hopeless || !monitor_wait(&session->monitor, deadline)) {
			status = explain_waiting(session);
			break;
		}
	}
	monitor_unlock(&session->monitor);
	return status;
}

int64_t session_prepare(struct session *session)
{
	bool stopping = session_is_stopping(session);
	int64_t due = session->sink.prepare(session->sink.context, stopping);
	if (!stopping || due != CLOCK_NEVER)
		return due;
	uint64_t last_id = outbox_last_id(session->outbox);
	monitor_lock(&session->monitor);
	if (session->stop_id == STOP_ID_UNKNOWN)
		session->stop_id = last_id;
	monitor_unlock(&session->monitor);
	return due;
}

/* A stop that is under way already only becomes more urgent. */
static void ask_to_stop(struct session *session, int64_t deadline)
{
	monitor_lock(&session->monitor);
	bool already = session->stopping && is_running(session);
	if (!already)
		session->stop_id = STOP_ID_UNKNOWN;
	if (!already || deadline < session->stop_deadline)
		session->stop_deadline = deadline;
	session->stopping = true;
	monitor_notify(&session->monitor);
	monitor_unlock(&session->monitor);
	session_prepare(session);
	wake_signal(&session->wake);
}

/* The stop's deadline may be moved forward while it is waited for. */
static void wait_for_end(struct session *session)
{
	monitor_lock(&session->monitor);
	while (is_running(session) && monitor_wait(&session->monitor, session->stop_deadline))
		continue;
	monitor_unlock(&session->monitor);
	/* Time may be up while the thread waits for a name server. */
	wake_signal(&session->wake);
}

static iotkit_status explain_stop(struct session *session)
{
	struct outbox_counters counters;

	monitor_lock(&session->monitor);
	bool done = session->stop_id != STOP_ID_UNKNOWN &&
		    outbox_done(session->outbox, session->stop_id);
	monitor_unlock(&session->monitor);
	if (done)
		return IOTKIT_OK;
	outbox_count(session->outbox, &counters);
	return error_set(
		IOTKIT_ETIMEOUT, "disconnected with %" PRIu64 " messages left in the outbox%s",
		counters.rows,
		outbox_is_durable(session->outbox)
			? ", whose file keeps them for the next connection"
			: ": they wait in memory for the next connection, and are lost when the "
			  "program ends; outbox.path keeps them in a file");
}

iotkit_status session_stop(struct session *session, int64_t deadline)
{
	/* Before the lock, so that whoever holds it hurries; and once more if the
	 * session was started anew in between. */
	ask_to_stop(session, deadline);
	pthread_mutex_lock(&session->control);
	if (!session_is_stopping(session))
		ask_to_stop(session, deadline);
	wait_for_end(session);
	join_thread(session);
	monitor_lock(&session->monitor);
	session->phase = SESSION_IDLE;
	monitor_notify(&session->monitor);
	monitor_unlock(&session->monitor);
	iotkit_status status = explain_stop(session);
	pthread_mutex_unlock(&session->control);
	return status;
}

bool session_is_over(void *context)
{
	struct session *session = context;

	monitor_lock(&session->monitor);
	bool stopping = session->stopping;
	int64_t deadline = session->stop_deadline;
	uint64_t stop_id = session->stop_id;
	monitor_unlock(&session->monitor);
	return stopping && (clock_monotonic_ms() >= deadline ||
			    (stop_id != STOP_ID_UNKNOWN && outbox_done(session->outbox, stop_id)));
}

void session_note_taken(struct session *session, uint64_t token, int32_t qos)
{
	inbound_note_taken(&session->inbound, token, qos);
	session_wake(session);
}

void session_wake(struct session *session)
{
	wake_signal(&session->wake);
}

void session_count(struct session *session, struct session_counters *out)
{
	monitor_lock(&session->monitor);
	*out = session->counters;
	out->connected = session->phase == SESSION_CONNECTED;
	out->bytes_sent += session->live.sent;
	out->bytes_received += session->live.received;
	out->intruders += session->live.intruders;
	monitor_unlock(&session->monitor);
}
