/* SPDX-License-Identifier: MIT
 *
 * Tells the broker which boards are there: `online` or `offline`, retained, on
 * `{topic.base}/{device}/status`. A change while there is no connection is told
 * when there is one again; only what holds then counts.
 */
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "metric/topic.h"

static iotkit_status publish(iotkit *iot, const char *device, bool online)
{
	const char *payload = online ? "online" : "offline";
	struct outbox_message message = {
		.payload = payload, .size = strlen(payload), .qos = 1, .retain = 1};
	struct buffer topic;

	buffer_init(&topic, TOPIC_SIZE_MAX + 1);
	pthread_rwlock_rdlock(&iot->options_lock);
	iotkit_status status = topic_metric(&topic, options_text(&iot->options, OPTION_TOPIC_BASE),
					    device, "status");
	publish_stamp(iot, &message);
	pthread_rwlock_unlock(&iot->options_lock);
	if (status == IOTKIT_OK) {
		message.topic = topic.bytes;
		status = outbox_append(iot->outbox, &message, OUTBOX_QUEUED, NULL);
	}
	buffer_free(&topic);
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	return status;
}

/* A full outbox takes none of them; then status_tell() tries again. */
static bool tell_untold(iotkit *iot)
{
	if (!iot->announcing)
		return true;
	for (struct board_status *status = iot->statuses; status != NULL; status = status->next) {
		if (status->told)
			continue;
		if (publish(iot, status->device, status->online && !iot->withdrawn) != IOTKIT_OK)
			return false;
		status->told = true;
	}
	return true;
}

/* All must be told anew. */
static void forget_told(iotkit *iot)
{
	for (struct board_status *status = iot->statuses; status != NULL; status = status->next)
		status->told = false;
}

static struct board_status **find(iotkit *iot, const char *device)
{
	struct board_status **link = &iot->statuses;

	while (*link != NULL && strcmp((*link)->device, device) != 0)
		link = &(*link)->next;
	return link;
}

static void remember(iotkit *iot, const char *device, bool online)
{
	struct board_status **link = find(iot, device);

	if (*link == NULL) {
		struct board_status *status = calloc(1, sizeof *status);
		if (status == NULL || (status->device = strdup(device)) == NULL) {
			free(status);
			return;
		}
		*link = status;
	}
	(*link)->online = online;
	(*link)->told = false;
}

void status_change(iotkit *iot, const char *device, bool online)
{
	pthread_mutex_lock(&iot->status_lock);
	remember(iot, device, online);
	tell_untold(iot);
	pthread_mutex_unlock(&iot->status_lock);
}

bool status_tell(iotkit *iot)
{
	pthread_mutex_lock(&iot->status_lock);
	bool all_told = tell_untold(iot);
	pthread_mutex_unlock(&iot->status_lock);
	return all_told;
}

void status_forget(iotkit *iot, const char *device)
{
	pthread_mutex_lock(&iot->status_lock);
	struct board_status **link = find(iot, device);
	if (*link != NULL) {
		struct board_status *status = *link;
		if (iot->announcing && status->online && publish(iot, device, false) != IOTKIT_OK)
			event_log(iot, device, IOTKIT_EFULL,
				  "the outbox is full: the broker is not told that this board was "
				  "removed");
		*link = status->next;
		free(status->device);
		free(status);
	}
	pthread_mutex_unlock(&iot->status_lock);
}

void status_announce(iotkit *iot)
{
	pthread_mutex_lock(&iot->status_lock);
	iot->announcing = true;
	forget_told(iot);
	tell_untold(iot);
	pthread_mutex_unlock(&iot->status_lock);
}

void status_pause(iotkit *iot)
{
	pthread_mutex_lock(&iot->status_lock);
	iot->announcing = false;
	pthread_mutex_unlock(&iot->status_lock);
}

void status_withdraw(iotkit *iot)
{
	pthread_mutex_lock(&iot->status_lock);
	iot->withdrawn = true;
	forget_told(iot);
	tell_untold(iot);
	pthread_mutex_unlock(&iot->status_lock);
}

void status_return(iotkit *iot)
{
	pthread_mutex_lock(&iot->status_lock);
	if (iot->withdrawn)
		forget_told(iot);
	iot->withdrawn = false;
	tell_untold(iot);
	pthread_mutex_unlock(&iot->status_lock);
}

void status_free(iotkit *iot)
{
	while (iot->statuses != NULL) {
		struct board_status *status = iot->statuses;
		iot->statuses = status->next;
		free(status->device);
		free(status);
	}
}
