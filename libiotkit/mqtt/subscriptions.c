/* SPDX-License-Identifier: MIT
 *
 * What is subscribed to, asked for again whenever the broker has forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "mqtt/internal.h"

static struct subscription **find(struct session *session, const char *filter)
{
	struct subscription **link = &session->subscriptions;

	while (*link != NULL && strcmp((*link)->filter, filter) != 0)
		link = &(*link)->next;
	return link;
}

static bool is_going(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_LEAVING ||
	       subscription->state == SUBSCRIPTION_LEFT;
}

/* Whether a topic matches a filter, both valid. Source: MQTT 5.0 section 4.7. */
static bool matches(const char *filter, const char *topic)
{
	while (*filter != '\0') {
		if (*filter == '#')
			return true;
		if (*filter == '+') {
			filter++;
			topic += strcspn(topic, "/");
		} else if (*filter == *topic) {
			filter++;
			topic++;
		} else {
			/* "a/#" has "a" in it. */
			return *topic == '\0' && strcmp(filter, "/#") == 0;
		}
	}
	return *topic == '\0';
}

/* The filter proper of a shared subscription. */
static const char *skip_share(const char *filter)
{
	if (strncmp(filter, "$share/", 7) != 0)
		return filter;
	return filter + 7 + strcspn(filter + 7, "/") + 1;
}

/* Two subscriptions to one topic may bring each of its messages twice. The monitor is held. */
static bool is_covered(const struct session *session, const struct subscription *own)
{
	for (const struct subscription *s = session->subscriptions; s != NULL; s = s->next)
		if (s != own && s->wanted && !s->refused && strncmp(s->filter, "$share/", 7) != 0 &&
		    matches(s->filter, own->filter))
			return true;
	return false;
}

/* Our own are with the broker only where none of the application's covers them. To be
 * called after each change; the monitor is held. */
static void arrange(struct session *session)
{
	for (struct subscription *s = session->subscriptions; s != NULL; s = s->next) {
		if (!s->own || s->wanted)
			continue;
		bool covered = is_covered(session, s);
		if (covered && s->state == SUBSCRIPTION_WANTED)
			s->state = SUBSCRIPTION_COVERED;
		else if (covered && !is_going(s) && s->state != SUBSCRIPTION_COVERED)
			s->state = SUBSCRIPTION_LEAVING;
		else if (!covered &&
			 (s->state == SUBSCRIPTION_COVERED || s->state == SUBSCRIPTION_LEAVING))
			s->state = SUBSCRIPTION_WANTED;
	}
}

static size_t count(const struct session *session)
{
	size_t n = 0;

	for (const struct subscription *s = session->subscriptions; s != NULL; s = s->next)
		n++;
	return n;
}

static void remove_at(struct subscription **link)
{
	struct subscription *subscription = *link;

	*link = subscription->next;
	free(subscription->filter);
	free(subscription);
}

/* What is published from now on is to go after what paho is to be given. */
static void ask_soon(struct session *session)
{
	atomic_store(&session->asks, true);
	session_wake(session);
}

/* Appends at the end, so that subscriptions are sent in the order they were made. */
static iotkit_status append(struct session *session, struct subscription **end, const char *filter,
			    int32_t qos)
{
	if (count(session) >= SUBSCRIPTIONS_MAX)
		return error_set(IOTKIT_EFULL,
				 "there are %d subscriptions already; use wildcards to need fewer",
				 SUBSCRIPTIONS_MAX);
	struct subscription *subscription = calloc(1, sizeof *subscription);
	if (subscription == NULL || (subscription->filter = strdup(filter)) == NULL) {
		free(subscription);
		return error_set_no_memory();
	}
	subscription->qos = qos;
	*end = subscription;
	return IOTKIT_OK;
}

static iotkit_status subscribe(struct session *session, const char *filter, int32_t qos, bool own)
{
	iotkit_status status = IOTKIT_OK;

	monitor_lock(&session->monitor);
	struct subscription **link = find(session, filter);
	if (*link == NULL)
		status = append(session, link, filter, qos);
	if (status == IOTKIT_OK) {
		struct subscription *subscription = *link;
		/* One of the application's serves the library too: asking again would only
		 * have retained messages sent again. */
		if (!own || !subscription->wanted) {
			subscription->qos = qos;
			subscription->state = SUBSCRIPTION_WANTED;
		}
		subscription->wanted = subscription->wanted || !own;
		subscription->own = subscription->own || own;
		arrange(session);
	}
	monitor_unlock(&session->monitor);
	ask_soon(session);
	return status;
}

iotkit_status session_subscribe(struct session *session, const char *filter, int32_t qos)
{
	return subscribe(session, filter, qos, false);
}

iotkit_status session_subscribe_own(struct session *session, const char *filter, int32_t qos)
{
	return subscribe(session, filter, qos, true);
}

/* Who wanted it does no more; it goes when nobody does. */
static void withdraw(struct session *session, struct subscription *subscription, bool *who)
{
	*who = false;
	if (!subscription->wanted && !subscription->own)
		subscription->state = SUBSCRIPTION_LEAVING;
	arrange(session);
}

void session_unsubscribe_own(struct session *session, const char *filter)
{
	monitor_lock(&session->monitor);
	struct subscription *subscription = *find(session, filter);
	if (subscription != NULL && subscription->own)
		withdraw(session, subscription, &subscription->own);
	monitor_unlock(&session->monitor);
	ask_soon(session);
}

bool session_is_subscribed(struct session *session, const char *topic)
{
	bool found = false;

	monitor_lock(&session->monitor);
	for (const struct subscription *s = session->subscriptions; s != NULL && !found;
	     s = s->next)
		found = s->wanted && matches(skip_share(s->filter), topic);
	monitor_unlock(&session->monitor);
	return found;
}

iotkit_status session_unsubscribe(struct session *session, const char *filter)
{
	iotkit_status status = IOTKIT_OK;

	monitor_lock(&session->monitor);
	struct subscription *subscription = *find(session, filter);
	if (subscription == NULL || !subscription->wanted)
		status = error_set(IOTKIT_ENOENT, "there is no subscription to '%s'", filter);
	else
		withdraw(session, subscription, &subscription->wanted);
	monitor_unlock(&session->monitor);
	ask_soon(session);
	return status;
}

/* What is not answered is lost with its connection, and what the broker has
 * forgotten must be asked for again. */
void subscriptions_renew(struct session *session, bool session_present)
{
	monitor_lock(&session->monitor);
	for (struct subscription **link = &session->subscriptions; *link != NULL;) {
		struct subscription *subscription = *link;
		if (is_going(subscription) && !session_present && !subscription->own) {
			remove_at(link);
			continue;
		}
		if (subscription->state == SUBSCRIPTION_LEFT)
			subscription->state = SUBSCRIPTION_LEAVING;
		else if (subscription->state == SUBSCRIPTION_ASKED || !session_present)
			subscription->state = SUBSCRIPTION_WANTED;
		link = &subscription->next;
	}
	arrange(session);
	monitor_unlock(&session->monitor);
}

/* The first one in a state; the monitor is held. */
static struct subscription *find_state(const struct session *session, enum subscription_state state)
{
	struct subscription *subscription = session->subscriptions;

	while (subscription != NULL && subscription->state != state)
		subscription = subscription->next;
	return subscription;
}

/* A copy of the next filter to be sent, which counts as sent from now on. */
static char *take_next(struct session *session, int32_t *qos, bool *leaving)
{
	char *filter = NULL;

	monitor_lock(&session->monitor);
	struct subscription *next = find_state(session, SUBSCRIPTION_WANTED);
	/* Last, so that what takes over from it is there. */
	if (next == NULL)
		next = find_state(session, SUBSCRIPTION_LEAVING);
	if (next != NULL && (filter = strdup(next->filter)) != NULL) {
		*qos = next->qos;
		*leaving = next->state == SUBSCRIPTION_LEAVING;
		next->state = *leaving ? SUBSCRIPTION_LEFT : SUBSCRIPTION_ASKED;
	}
	monitor_unlock(&session->monitor);
	return filter;
}

/* It was not sent after all. The monitor is held. */
static void send_again(struct subscription *subscription)
{
	if (subscription->state == SUBSCRIPTION_ASKED)
		subscription->state = SUBSCRIPTION_WANTED;
	else if (subscription->state == SUBSCRIPTION_LEFT)
		subscription->state = SUBSCRIPTION_LEAVING;
}

void subscriptions_send(struct session *session)
{
	uint16_t packet_id = 1;
	char *filter;
	int32_t qos;
	bool leaving;

	atomic_store(&session->asks, false);
	while (packet_id != 0 && (filter = take_next(session, &qos, &leaving)) != NULL) {
		packet_id = client_request(&session->client, filter, qos, leaving);
		if (packet_id != 0) {
			session->behind = packet_id;
		} else {
			monitor_lock(&session->monitor);
			struct subscription *subscription = *find(session, filter);
			if (subscription != NULL)
				send_again(subscription);
			monitor_unlock(&session->monitor);
			session->retry_send_at = clock_monotonic_ms() + RETRY_SEND_MS;
		}
		free(filter);
	}
}

static void explain(const struct request *request, const struct session_settings *settings,
		    struct reason *reason)
{
	const struct answer *answer = &request->answer;

	reason_set(reason, IOTKIT_OK, "subscribed");
	if (answer->kind == ANSWER_YES)
		return;
	if (!settings->version_5) {
		reason_set(reason, IOTKIT_EREFUSED,
			   "the broker refuses the subscription to '%.100s': check its ACL for "
			   "this user",
			   request->filter);
		return;
	}
	const struct broker_answer *known = reason_of_code_5(answer->code);
	char text[ANSWER_TEXT_SIZE];

	reason_describe(known, answer->code, answer->words, text);
	reason_set(reason, known->status, "the broker refuses the subscription to '%.100s': %s",
		   request->filter, text);
}

/* Whom an answer concerns; the monitor is held. */
static void note_audience(struct session *session, const char *filter, bool *wanted, bool *own)
{
	const struct subscription *subscription = *find(session, filter);

	*wanted = subscription != NULL && subscription->wanted;
	*own = subscription != NULL && subscription->own;
}

static void note_granted(struct subscription *subscription, bool granted)
{
	subscription->state = SUBSCRIPTION_ANSWERED;
	subscription->refused = !granted;
}

/* The monitor is held. */
static void take_answer(struct session *session, const struct request *request)
{
	struct subscription **link = find(session, request->filter);

	if (*link == NULL)
		return;
	if (request->answer.kind == ANSWER_LOST)
		send_again(*link);
	else if (request->unsubscribes && (*link)->state == SUBSCRIPTION_LEFT && (*link)->own)
		(*link)->state = SUBSCRIPTION_COVERED;
	else if (request->unsubscribes && (*link)->state == SUBSCRIPTION_LEFT)
		remove_at(link);
	else if (!request->unsubscribes && (*link)->state == SUBSCRIPTION_ASKED)
		note_granted(*link, request->answer.kind == ANSWER_YES);
	arrange(session);
}

void subscriptions_answer(struct session *session, const struct request *request)
{
	struct reason reason;

	bool wanted, own;
	monitor_lock(&session->monitor);
	note_audience(session, request->filter, &wanted, &own);
	take_answer(session, request);
	monitor_unlock(&session->monitor);
	if (request->unsubscribes || request->answer.kind == ANSWER_LOST)
		return;
	explain(request, session->settings, &reason);
	if (own && reason.status != IOTKIT_OK)
		session->sink.warned(session->sink.context, reason.status, reason.text);
	if (wanted)
		session->sink.subscribed(session->sink.context, request->filter,
					 reason.status == IOTKIT_OK ? request->answer.qos : 0,
					 &reason);
}

void subscriptions_free(struct session *session)
{
	while (session->subscriptions != NULL)
		remove_at(&session->subscriptions);
}
