/* SPDX-License-Identifier: MIT
 *
 * The session's thread: try, serve, pause, and try again.
 *
 * One attempt is straight-line code. It waits in few places, each with a
 * deadline and open to session_stop(): in link_open(), in serve() and in rest().
 */
#include <stdio.h>

#include "base/clock.h"
#include "mqtt/attempt.h"
#include "mqtt/internal.h"
#include "mqtt/password.h"

enum {
	STABLE_MS = 10000, /* a connection that held so long ends the growth of pauses */
	GOODBYE_LIMIT_MS = 1000,
	PAHO_IDLE_LIMIT_MS = 5000,
	PAHO_LAST_WORDS_MS = 200 /* for its callbacks, once it has closed its socket */
};

static void set_phase(struct session *session, enum session_phase phase)
{
	monitor_lock(&session->monitor);
	session->phase = phase;
	monitor_notify(&session->monitor);
	monitor_unlock(&session->monitor);
}

/* ---- one connection ---- */

/* In one step: who waits for the connection finds the event, and who has the event a session that
 * is connected. */
static void tell_connected(struct session *session, bool session_present, const char *text)
{
	monitor_lock(&session->monitor);
	session->phase = SESSION_CONNECTED;
	session->counters.connects++;
	session->sink.connected(session->sink.context, session_present, text);
	monitor_notify(&session->monitor);
	monitor_unlock(&session->monitor);
}

static void become_connected(struct session *session, struct attempt *attempt,
			     const struct notes *notes)
{
	char text[ERROR_TEXT_SIZE], tls[TLS_STREAM_TEXT_SIZE];
	int64_t allowed = session->settings->window;

	if (notes->receive_maximum > 0 && notes->receive_maximum < allowed)
		allowed = notes->receive_maximum;
	session->window = allowed;
	session->maximum_packet = notes->maximum_packet;
	attempt->connected_at = clock_monotonic_ms();
	subscriptions_renew(session, notes->session_present);
	session_note_present(session, notes->session_present);
	if (!notes->session_present)
		publish_begin_anew(session);
	session->client.connected_before = true;
	if (session->settings->live_first)
		outbox_split(session->outbox);
	session->sink.accepted(session->sink.context);
	link_describe(session->link, tls);
	snprintf(text, sizeof text, "connected to %s:%u with MQTT %s%s%s, %s session",
		 session_broker_now(session)->host, (unsigned)session_broker_now(session)->port,
		 session->settings->version_5 ? "5" : "3.1.1", tls[0] != '\0' ? " over " : "", tls,
		 notes->session_present ? "resuming the" : "in a new");
	tell_connected(session, notes->session_present, text);
}

/* The link does not say that paho gave up before all that it said has gone, and to a broker that
 * reads no more nothing goes. That it closed its end tells this from a late word on the last
 * connection. */
static bool has_given_up(const struct session *session, const struct notes *notes)
{
	return notes->lost && link_is_deserted(session->link);
}

/* What paho told; false when the connection has ended. */
static bool heed_notes(struct session *session, struct attempt *attempt)
{
	struct notes notes;

	client_collect(&session->client, &notes);
	session_take_answers(session, &notes);
	if (notes.connect.kind == ANSWER_YES && attempt->connected_at == 0)
		become_connected(session, attempt, &notes);
	if (notes.connect.kind == ANSWER_LOST)
		reason_set(&attempt->reason, IOTKIT_ENETWORK, "the MQTT client gave up connecting");
	if (has_given_up(session, &notes)) {
		attempt_explain_no_ping(session, attempt);
		return false;
	}
	return notes.connect.kind != ANSWER_NO && notes.connect.kind != ANSWER_LOST &&
	       notes.goodbye.kind != ANSWER_NO;
}

static bool heed_link(struct session *session, struct attempt *attempt)
{
	enum link_state state = link_pump(session->link);

	session_tell_progress(session);
	monitor_lock(&session->monitor);
	session->live = (struct link_counters){0};
	link_count(session->link, &session->live);
	if (session->tls != NULL)
		tls_count(session->tls, &session->counters.tls);
	monitor_unlock(&session->monitor);
	switch (state) {
	case LINK_OPEN:
		return true;
	case LINK_FAILED:
		reason_capture(&attempt->reason);
		break;
	case LINK_BROKER_GONE:
		attempt_explain_closed(session, attempt);
		break;
	case LINK_CLIENT_GONE:
		if (attempt->goodbye_deadline == CLOCK_NEVER)
			attempt_explain_no_ping(session, attempt);
		break;
	}
	return false;
}

/* False when the goodbye has been said, or cannot be. */
static bool heed_stop(struct session *session, struct attempt *attempt)
{
	int64_t now = clock_monotonic_ms();

	if (attempt->goodbye_deadline != CLOCK_NEVER)
		return now < attempt->goodbye_deadline;
	if (!session_is_over(session))
		return true;
	attempt->goodbye_deadline = now + GOODBYE_LIMIT_MS;
	return attempt->connected_at > 0 && client_disconnect(&session->client);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void tell_congested(struct session *session)
{
	int64_t now = clock_monotonic_ms();

	if (now < session->congestion_told_at + CONGESTION_PAUSE_MS)
		return;
	session->congestion_told_at = now;
	session->sink.warned(session->sink.context, IOTKIT_EFULL,
			     "so many received messages wait to be taken that no more are read "
			     "from the broker: take events faster, or raise events.max");
}

/* While stopping nobody may be there to take messages, and acknowledgements come the
 * same way. */
static void hold_if_congested(struct session *session)
{
	bool congested = session->sink.congested(session->sink.context);

	if (congested && !session->congested)
		tell_congested(session);
	session->congested = congested;
	link_hold(session->link, congested && !session_is_stopping(session));
}

static int64_t work(struct session *session, struct attempt *attempt)
{
	int64_t due = session_prepare(session);

	if (attempt->connected_at == 0)
		return earliest(due, attempt->connack_deadline);
	if (attempt->goodbye_deadline != CLOCK_NEVER)
		return attempt->goodbye_deadline;
	session->retry_send_at = CLOCK_NEVER;
	hold_if_congested(session);
	subscriptions_send(session);
	session_feed(session);
	outbox_save_if_quick(session->outbox);
	return earliest(earliest(due, session->retry_send_at), keepalive_heed(session));
}

static void wait_for_work(struct session *session, int64_t until)
{
	struct pollfd fds[LINK_FDS + 1];
	size_t count = link_poll(session->link, fds);

	fds[count] = (struct pollfd){.fd = session->wake.read_fd, .events = POLLIN};
	poll(fds, count + 1, clock_poll_timeout(earliest(until, link_due(session->link))));
	if (fds[count].revents != 0)
		wake_clear(&session->wake);
}

static void serve(struct session *session, struct attempt *attempt)
{
	while (heed_link(session, attempt) && heed_notes(session, attempt) &&
	       heed_stop(session, attempt)) {
		if (attempt->connected_at == 0 &&
		    clock_monotonic_ms() >= attempt->connack_deadline) {
			attempt_explain_silence(session, attempt);
			return;
		}
		wait_for_work(session, work(session, attempt));
	}
}

static bool is_settled(const struct notes *notes)
{
	bool never_up = notes->connect.kind == ANSWER_NO || notes->connect.kind == ANSWER_LOST;

	return never_up || notes->lost || notes->closed || notes->goodbye.kind == ANSWER_NO;
}

static void wait_for_paho(struct session *session, bool left, int64_t until)
{
	struct pollfd fds[LINK_FDS + 1];
	size_t count = left ? 0 : link_poll(session->link, fds);

	fds[count] = (struct pollfd){.fd = session->wake.read_fd, .events = POLLIN};
	poll(fds, count + 1, clock_poll_timeout(until));
	wake_clear(&session->wake);
}

/* paho must have noticed the end before it can be told to connect again. What
 * the broker said last may reach us only now; it explains more than the end.
 * paho tells of most ends, but not of all: it closes its socket at every one. */
static void settle(struct session *session, struct attempt *attempt)
{
	int64_t limit = clock_monotonic_ms() + PAHO_IDLE_LIMIT_MS;
	bool left = false;
	struct notes notes;

	for (;;) {
		client_collect(&session->client, &notes);
		session_take_answers(session, &notes);
		if (!left && link_is_left(session->link)) {
			left = true;
			limit = clock_monotonic_ms() + PAHO_LAST_WORDS_MS;
		}
		if (is_settled(&notes) || clock_monotonic_ms() >= limit)
			break;
		wait_for_paho(session, left, limit);
	}
	if (notes.connect.kind == ANSWER_NO)
		attempt_explain_refusal(session, &notes.connect, attempt);
	else if (notes.goodbye.kind == ANSWER_NO)
		attempt_explain_goodbye(session, &notes.goodbye, attempt);
}

static void hang_up(struct session *session)
{
	monitor_lock(&session->monitor);
	session->counters.bytes_sent += session->live.sent;
	session->counters.bytes_received += session->live.received;
	session->counters.intruders += session->live.intruders;
	session->live = (struct link_counters){0};
	monitor_unlock(&session->monitor);
	session->said = 0;
	link_hang_up(session->link);
	publish_note_hung_up(session);
}

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
		serve(session, attempt);
		hang_up(session);
		settle(session, attempt);
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
