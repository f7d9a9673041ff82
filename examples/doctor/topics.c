/* SPDX-License-Identifier: MIT
 *
 * A metric of a board that nobody has, then a command to it, which is to come back. No topic
 * of a gateway is used, and the broker retains nothing.
 */
#include "doctor/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/wait.h"

enum { TOPIC_SIZE = 66000, WHY_SIZE = 1024 };

static const char payload[] = "iotkit-doctor";

enum outcome { UNANSWERED, DONE, REFUSED };

struct trial {
	struct doctor *doctor;
	char metric[TOPIC_SIZE], command[TOPIC_SIZE], filter[TOPIC_SIZE];
	const char *subject; /* of the findings now */
	enum outcome published, subscribed, commanded;
	uint64_t metric_id, command_id;
	bool came_back;
	bool version_5;
	char why[WHY_SIZE]; /* of what was refused last */
};

/* ---- Waiting ------------------------------------------------------------ */

static void note_refusal(struct trial *trial, const iotkit_event *event, enum outcome *outcome)
{
	*outcome = event->status == IOTKIT_OK ? DONE : REFUSED;
	if (event->status != IOTKIT_OK)
		snprintf(trial->why, sizeof trial->why, "%s",
			 event->text != NULL ? event->text : iotkit_strerror(event->status));
}

static void take_event(struct trial *trial, const iotkit_event *event)
{
	switch (event->type) {
	case IOTKIT_EVENT_DELIVERED:
	case IOTKIT_EVENT_DROPPED:
		if (event->id == trial->metric_id)
			note_refusal(trial, event, &trial->published);
		else if (event->id == trial->command_id)
			note_refusal(trial, event, &trial->commanded);
		break;
	case IOTKIT_EVENT_SUBSCRIBED:
		if (strcmp(event->topic, trial->filter) == 0)
			note_refusal(trial, event, &trial->subscribed);
		break;
	case IOTKIT_EVENT_MESSAGE:
		trial->came_back = trial->came_back || strcmp(event->topic, trial->command) == 0;
		break;
	default:
		break;
	}
}

static bool is_published(const struct trial *trial)
{
	return trial->published != UNANSWERED;
}

static bool is_subscribed(const struct trial *trial)
{
	return trial->subscribed != UNANSWERED;
}

static bool is_back(const struct trial *trial)
{
	return trial->came_back || trial->commanded == REFUSED;
}

/* Whether it came to that in time. */
static bool wait_until(struct trial *trial, bool (*is)(const struct trial *trial))
{
	iotkit *iot = trial->doctor->iot;
	int64_t deadline = wait_now() + trial->doctor->timeout_ms;

	while (!is(trial) && !wait_stopped() && wait_now() < deadline) {
		const iotkit_event *event = iotkit_next_event(iot, 0);
		if (event != NULL)
			take_event(trial, event);
		else
			wait_for(iot, -1, deadline);
	}
	return is(trial);
}

/* ---- Publishing --------------------------------------------------------- */

static struct finding *tell(struct trial *trial, enum severity severity, const char *id,
			    const char *topic, const char *what)
{
	struct finding *finding = findings_add(&trial->doctor->findings, severity, id,
					       trial->subject, "%s %.256s", what, topic);

	finding_detail(finding, "topic", "%s", topic);
	return finding;
}

static uint64_t publish(struct trial *trial, const char *topic)
{
	uint64_t id = 0;

	if (iotkit_publish(trial->doctor->iot, topic, payload, strlen(payload), 1, 0, &id) ==
	    IOTKIT_OK)
		return id;
	snprintf(trial->why, sizeof trial->why, "%s", iotkit_last_error());
	return 0;
}

static void check_publish(struct trial *trial)
{
	trial->subject = "publish";
	trial->metric_id = publish(trial, trial->metric);
	if (trial->metric_id == 0)
		trial->published = REFUSED;
	wait_until(trial, is_published);
	if (trial->published == REFUSED)
		finding_mend(tell(trial, FINDING_PROBLEM, "publish.denied", trial->metric,
				  "this user may not publish to"),
			     "%s", trial->why);
	else if (trial->published == UNANSWERED)
		finding_mend(tell(trial, FINDING_PROBLEM, "publish.unanswered", trial->metric,
				  "the broker does not acknowledge what is published to"),
			     "it hangs, is overloaded, or has ended the connection; its log may "
			     "tell");
	else if (trial->version_5)
		tell(trial, FINDING_OK, "publish.accepted", trial->metric, "published to");
	else
		finding_mend(
			tell(trial, FINDING_NOTE, "publish.unsure", trial->metric,
			     "the broker acknowledges what is published to"),
			"with mqtt.version=3.1.1 it does so even to who may not; 5 would tell");
}

/* ---- Subscribing -------------------------------------------------------- */

static void tell_lost(struct trial *trial)
{
	if (trial->commanded == REFUSED) {
		finding_mend(tell(trial, FINDING_NOTE, "commands.untried", trial->filter,
				  "subscribed to; whether commands come is not known:"),
			     "this user may not send one itself: %s", trial->why);
		return;
	}
	finding_mend(tell(trial, FINDING_PROBLEM, "commands.nothing-came", trial->filter,
			  "subscribed to, but nothing comes from"),
		     "what was published to %.256s did not come back in %d s: most likely the "
		     "broker's ACL lets this user subscribe but not read (mosquitto drops such "
		     "messages silently); let it read %.256s",
		     trial->command, trial->doctor->timeout_ms / 1000, trial->filter);
}

static void check_commands(struct trial *trial)
{
	iotkit_status status = iotkit_subscribe(trial->doctor->iot, trial->filter, 1);

	trial->subject = "commands";
	if (status != IOTKIT_OK) {
		trial->subscribed = REFUSED;
		snprintf(trial->why, sizeof trial->why, "%s", iotkit_last_error());
	}
	if (!wait_until(trial, is_subscribed) || trial->subscribed == REFUSED) {
		finding_mend(tell(trial, FINDING_PROBLEM, "commands.denied", trial->filter,
				  "commands cannot come: this user may not subscribe to"),
			     "%s",
			     trial->subscribed == REFUSED ? trial->why
							  : "the broker does not answer");
		return;
	}
	trial->command_id = publish(trial, trial->command);
	if (wait_until(trial, is_back) && trial->came_back)
		tell(trial, FINDING_OK, "commands.come", trial->filter,
		     "commands come: subscribed to");
	else
		tell_lost(trial);
}

/* ---- Both --------------------------------------------------------------- */

/* Of a board whose name is this session's, so that no other has it. */
static void name_topics(struct trial *trial)
{
	static char base[TOPIC_SIZE];
	char version[16] = "", id[64] = "";
	iotkit *iot = trial->doctor->iot;

	iotkit_get_option(iot, "topic.base", base, sizeof base);
	iotkit_get_option(iot, "mqtt.client_id", id, sizeof id);
	iotkit_get_option(iot, "mqtt.version", version, sizeof version);
	trial->version_5 = strcmp(version, "5") == 0;
	snprintf(trial->metric, TOPIC_SIZE, "%.65000s/%s/probe", base, id);
	snprintf(trial->command, TOPIC_SIZE, "%.65000s/%s/probe/set", base, id);
	snprintf(trial->filter, TOPIC_SIZE, "%.65000s/%s/+/set", base, id);
}

void topics_check(struct doctor *doctor)
{
	static struct trial trial;

	trial = (struct trial){.doctor = doctor};
	name_topics(&trial);
	check_publish(&trial);
	if (doctor->commands)
		check_commands(&trial);
	else
		findings_add(&doctor->findings, FINDING_NOTE, "commands.off", "commands",
			     "not examined, because command.mqtt is off");
}
