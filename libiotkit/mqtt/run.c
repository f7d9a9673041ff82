/* SPDX-License-Identifier: MIT
 *
 * The session's thread: try, serve, pause, and try again.
 *
 * One attempt is straight-line code. It waits in few places, each with a
 * deadline and open to session_stop(): in link_open(), in serve_connection() and in rest().
 */
#include <stdio.h>

#include "base/clock.h"
#include "mqtt/attempt.h"
#include "mqtt/internal.h"
#include "mqtt/password.h"
#include "mqtt/serve.h"

enum {
	STABLE_MS = 10000 /* a connection that held so long ends the growth of pauses */
};

static void set_phase(struct session *session, enum session_phase phase)
{
	monitor_lock(&session->monitor);
	session->phase = phase;
	monitor_notify(&session->monitor);
	monitor_unlock(&session->monitor);
}

/* ---- one connection ---- */

static void warn_of_clear_password(struct session *session)
{
	char text[ERROR_TEXT_SIZE];

	if (session->tls != NULL || session->warned_of_clear_password ||
	    link_is_local(session->link))
		return;
	session->warned_of_clear_password = true;
	snprintf(text, sizeof text,
		 "the password goes to %s:%u unencrypted, for anybody on the way to read: use "
		 "mqtts://",
		 session_broker_now(session)->host, (unsigned)session_broker_now(session)->port);
	session->sink.warned(session->sink.context, IOTKIT_EAUTH, text);
}

static iotkit_status open_link(struct session *session, const struct patience *patience)
{
	const struct link_gate gate = session_gate(session);
	const struct tap_viewer viewer = session_viewer(session);
	struct link_target target = {.host = session_broker_now(session)->host,
				     .port = session_broker_now(session)->port,
				     .tls = session->tls,
				     .gate = &gate,
				     .viewer = &viewer};
	iotkit_status status = password_get(session->settings, &target.password);
	bool has_password = target.password != NULL;

	if (status == IOTKIT_OK)
		status = link_open(&target, patience, &session->link);
	if (status == IOTKIT_OK && has_password)
		warn_of_clear_password(session);
	return status;
}

/* Certificates are renewed and files replaced while a gateway runs; whoever was
 * connected once will be again. At the first attempt it is a mistake. */
static bool is_lasting(const struct session *session, iotkit_status status)
{
	bool hopeless = status == IOTKIT_EINVAL ||
			(session->tls != NULL && tls_failed_for_good(session->tls));

	return hopeless && !session->client.connected_before;
}

static void connect_and_serve(struct session *session, struct attempt *attempt)
{
	struct patience patience = {
		.deadline = clock_monotonic_ms() + session->settings->connect_timeout_ms,
		.wake = &session->wake,
		.cancelled = session_is_over,
		.context = session,
	};

	*attempt = (struct attempt){.connack_deadline = patience.deadline,
				    .goodbye_deadline = CLOCK_NEVER};
	iotkit_status status = open_link(session, &patience);
	if (status != IOTKIT_OK) {
		reason_capture(&attempt->reason);
		attempt->lasting = is_lasting(session, status);
		return;
	}
	status = client_connect(&session->client, link_port(session->link));
	if (status == IOTKIT_OK) {
		serve_connection(session, attempt);
		serve_hang_up(session);
		serve_settle(session, attempt);
	} else {
		reason_capture(&attempt->reason);
	}
	link_close(session->link);
	session->link = NULL;
}

/* ---- between connections ---- */

/* How many brokers are worth an attempt. */
static size_t hopeful(const struct session *session)
{
	size_t count = 0;

	for (size_t i = 0; i < session->settings->broker_count; i++)
		count += !session->refused[i];
	return count;
}

static bool next_broker(struct session *session)
{
	size_t count = session->settings->broker_count;

	for (size_t step = 1; step <= count; step++) {
		size_t candidate = (session->broker + step) % count;
		if (!session->refused[candidate]) {
			session->broker = candidate;
			return true;
		}
	}
	return false;
}

/* The pause before the next attempt; -1 when there will be none. A whole round
 * of the brokers that have not refused for good is tried without a pause. */
static int64_t plan(struct session *session, const struct attempt *attempt, size_t *tried)
{
	int64_t held = clock_monotonic_ms() - attempt->connected_at;

	if (attempt->connected_at > 0 && held >= STABLE_MS)
		backoff_reset(&session->backoff);
	session->refused[session->broker] = attempt->lasting;
	if (attempt->connected_at > 0)
		*tried = 0;
	if (!attempt->lasting)
		++*tried;
	if (!next_broker(session))
		return -1;
	if (*tried < hopeful(session))
		return 0;
	*tried = 0;
	return backoff_next(&session->backoff);
}

static void rest(struct session *session, int64_t pause)
{
	struct patience patience = {
		.deadline = clock_monotonic_ms() + pause,
		.wake = &session->wake,
		.cancelled = session_is_over,
		.context = session,
	};

	while (patience_poll(&patience, NULL, 0, session_prepare(session)) == PATIENCE_READY)
		continue;
}

/* In one step: who waits for the end finds the event, and who answers the event with
 * iotkit_connect() finds the end. */
static void end_attempt(struct session *session, const struct attempt *attempt, int64_t pause)
{
	monitor_lock(&session->monitor);
	session->last = attempt->reason;
	session->phase = pause < 0 ? SESSION_ENDED : SESSION_TRYING;
	if (attempt->connected_at == 0)
		session->counters.connect_failures++;
	session->sink.disconnected(session->sink.context, &attempt->reason, (int32_t)pause);
	monitor_notify(&session->monitor);
	monitor_unlock(&session->monitor);
}

static void say_stopped(struct session *session)
{
	struct reason reason;

	reason_set(&reason, IOTKIT_OK, "disconnected, as asked");
	session->sink.disconnected(session->sink.context, &reason, -1);
	set_phase(session, SESSION_IDLE);
}

void *session_run(void *context)
{
	struct session *session = context;
	struct attempt attempt;
	size_t tried = 0;
	int64_t pause = 0;

	while (pause >= 0 && !session_is_over(session)) {
		connect_and_serve(session, &attempt);
		if (session_is_over(session))
			break;
		pause = plan(session, &attempt, &tried);
		end_attempt(session, &attempt, pause);
		if (pause > 0)
			rest(session, pause);
	}
	if (pause >= 0)
		say_stopped(session);
	return NULL;
}
