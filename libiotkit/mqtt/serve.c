/* SPDX-License-Identifier: MIT */
#include "mqtt/serve.h"

#include <stdio.h>

#include "base/clock.h"

enum {
	GOODBYE_LIMIT_MS = 1000,
	PAHO_IDLE_LIMIT_MS = 5000,
	PAHO_LAST_WORDS_MS = 200 /* for its callbacks, once it has closed its socket */
};

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
	arrival_acknowledge(session);
	enum link_state state = link_pump(session->link);

	arrival_acknowledge(session); /* what found no room: nothing else may wake us for it */
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

void serve_connection(struct session *session, struct attempt *attempt)
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
void serve_settle(struct session *session, struct attempt *attempt)
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

void serve_hang_up(struct session *session)
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
	inbound_note_hung_up(&session->inbound);
}
