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

iotkit_status session_subscribe(struct session *session, const char *filter, int32_t qos)
{
	iotkit_status status = IOTKIT_OK;

	monitor_lock(&session->monitor);
	struct subscription **link = find(session, filter);
	if (*link == NULL)
		status = append(session, link, filter, qos);
	if (status == IOTKIT_OK) {
		(*link)->qos = qos;
		(*link)->state = SUBSCRIPTION_WANTED;
	}
	monitor_unlock(&session->monitor);
	session_wake(session);
	return status;
}

iotkit_status session_unsubscribe(struct session *session, const char *filter)
{
	iotkit_status status = IOTKIT_OK;

	monitor_lock(&session->monitor);
	struct subscription *subscription = *find(session, filter);
	if (subscription == NULL || is_going(subscription))
		status = error_set(IOTKIT_ENOENT, "there is no subscription to '%s'", filter);
	else
		subscription->state = SUBSCRIPTION_LEAVING;
	monitor_unlock(&session->monitor);
	session_wake(session);
	return status;
}

/* What is not answered is lost with its connection, and what the broker has
 * forgotten must be asked for again. */
void subscriptions_renew(struct session *session, bool session_present)
{
	monitor_lock(&session->monitor);
	for (struct subscription **link = &session->subscriptions; *link != NULL;) {
		struct subscription *subscription = *link;
		if (is_going(subscription) && !session_present) {
			remove_at(link);
			continue;
		}
		if (subscription->state == SUBSCRIPTION_LEFT)
			subscription->state = SUBSCRIPTION_LEAVING;
		else if (subscription->state == SUBSCRIPTION_ASKED || !session_present)
			subscription->state = SUBSCRIPTION_WANTED;
		link = &subscription->next;
	}
	monitor_unlock(&session->monitor);
}

/* A copy of the next filter to be sent, which counts as sent from now on. */
static char *take_next(struct session *session, int32_t *qos, bool *leaving)
{
	char *filter = NULL;

	monitor_lock(&session->monitor);
	struct subscription *next = session->subscriptions;
	while (next != NULL && next->state != SUBSCRIPTION_WANTED &&
	       next->state != SUBSCRIPTION_LEAVING)
		next = next->next;
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
	bool sent = true;
	char *filter;
	int32_t qos;
	bool leaving;

	while (sent && (filter = take_next(session, &qos, &leaving)) != NULL) {
		sent = client_request(&session->client, filter, qos, leaving);
		if (!sent) {
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

/* The monitor is held. */
static void take_answer(struct session *session, const struct request *request)
{
	struct subscription **link = find(session, request->filter);

	if (*link == NULL)
		return;
	if (request->answer.kind == ANSWER_LOST)
		send_again(*link);
	else if (request->unsubscribes && (*link)->state == SUBSCRIPTION_LEFT)
		remove_at(link);
	else if (!request->unsubscribes && (*link)->state == SUBSCRIPTION_ASKED)
		(*link)->state = SUBSCRIPTION_ANSWERED;
}

void subscriptions_answer(struct session *session, const struct request *request)
{
	struct reason reason;

	monitor_lock(&session->monitor);
	take_answer(session, request);
	monitor_unlock(&session->monitor);
	if (request->unsubscribes || request->answer.kind == ANSWER_LOST)
		return;
	explain(request, session->settings, &reason);
	session->sink.subscribed(session->sink.context, request->filter,
				 reason.status == IOTKIT_OK ? request->answer.qos : 0, &reason);
}

void subscriptions_free(struct session *session)
{
	while (session->subscriptions != NULL)
		remove_at(&session->subscriptions);
}
