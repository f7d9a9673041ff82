/* SPDX-License-Identifier: MIT
 *
 * An event and all that it points to is one block of memory, which begins with it. One that was
 * taken is freed by who took it, or kept here until the same thread keeps its next one.
 */
#include "api/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

enum { DEFAULT_MAX = 1024 };

struct event_node {
	iotkit_event event; /* first: from its address comes that of the node */
	struct event_node *next;
	pthread_t thread; /* of one that is kept: whose it is */
	uint64_t token; /* of a message */
	char bytes[];
};

iotkit_status events_open(struct events *events)
{
	*events = (struct events){.max = DEFAULT_MAX};
	iotkit_status status = wake_open(&events->readable);
	if (status != IOTKIT_OK)
		return status;
	status = monitor_init(&events->monitor);
	if (status != IOTKIT_OK)
		wake_close(&events->readable);
	return status;
}

static void free_list(struct event_node *node)
{
	while (node != NULL) {
		struct event_node *next = node->next;
		free(node);
		node = next;
	}
}

void events_close(struct events *events)
{
	free_list(events->head);
	free_list(events->taken);
	monitor_destroy(&events->monitor);
	wake_close(&events->readable);
}

void events_limit(struct events *events, uint64_t max)
{
	monitor_lock(&events->monitor);
	events->max = max;
	monitor_unlock(&events->monitor);
}

/* ---- copying ---- */

static size_t text_size(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static const char *put(char **at, const void *bytes, size_t size)
{
	char *here = *at;

	if (bytes == NULL)
		return NULL;
	memcpy(here, bytes, size);
	*at += size;
	return here;
}

static struct event_node *copy(const iotkit_event *from)
{
	size_t size = text_size(from->topic) + text_size(from->device) + text_size(from->unit) +
		      text_size(from->text) + from->payload_size + 1;
	struct event_node *node = malloc(sizeof *node + size);

	if (node == NULL)
		return NULL;
	node->next = NULL;
	node->token = 0;
	node->event = *from;
	node->event.struct_size = sizeof node->event;
	char *at = node->bytes;
	node->event.topic = put(&at, from->topic, text_size(from->topic));
	node->event.device = put(&at, from->device, text_size(from->device));
	node->event.unit = put(&at, from->unit, text_size(from->unit));
	node->event.text = put(&at, from->text, text_size(from->text));
	if (from->payload_size > 0) {
		node->event.payload = put(&at, from->payload, from->payload_size);
		*at = '\0';
	} else if (from->payload != NULL) {
		*at = '\0';
		node->event.payload = at;
	}
	return node;
}

/* ---- the queue; the monitor is held ---- */

static bool is_message(const struct event_node *node)
{
	return node->event.type == IOTKIT_EVENT_MESSAGE;
}

static bool is_trace(const struct event_node *node)
{
	return node->event.type == IOTKIT_EVENT_TRACE;
}

static void count(struct events *events, const struct event_node *node, uint64_t by)
{
	if (is_message(node))
		events->messages += by;
	else
		events->others += by;
	if (is_trace(node))
		events->traces += by;
}

static void append(struct events *events, struct event_node *node)
{
	if (events->head == NULL) {
		events->head = node;
		if (events->watched)
			wake_signal(&events->readable);
	} else {
		events->tail->next = node;
	}
	events->tail = node;
	count(events, node, 1);
}

/* The oldest event that may be given up: no message, and as long as there is one, a trace. If
 * that is the newest of all, it is not. */
static struct event_node **find_oldest(struct events *events)
{
	struct event_node **link = &events->head;

	while ((*link)->next != NULL && (events->traces > 0 ? !is_trace(*link) : is_message(*link)))
		link = &(*link)->next;
	return link;
}

/* Gives up one event, if there are too many. Called after an append, so that there is always
 * one behind it to tell; false when that is all that can be done for now. */
static bool make_room(struct events *events)
{
	if (events->others <= events->max)
		return false;
	struct event_node **link = find_oldest(events);
	struct event_node *oldest = *link;
	if (oldest->next == NULL)
		return false;
	*link = oldest->next;
	oldest->next->event.missed += oldest->event.missed + 1;
	events->missed++;
	count(events, oldest, (uint64_t)-1);
	free(oldest);
	return true;
}

static iotkit_status push(struct events *events, const iotkit_event *event, uint64_t token)
{
	struct event_node *node = copy(event);

	if (node != NULL)
		node->token = token;
	monitor_lock(&events->monitor);
	if (node == NULL) {
		events->missed++;
		if (events->tail != NULL)
			events->tail->event.missed++;
	} else {
		append(events, node);
		while (make_room(events))
			continue;
		events->congested = events->congested || events->messages >= events->max;
		monitor_notify(&events->monitor);
	}
	monitor_unlock(&events->monitor);
	return node != NULL ? IOTKIT_OK : error_set_no_memory();
}

void events_push(struct events *events, const iotkit_event *event)
{
	push(events, event, 0);
}

iotkit_status events_push_message(struct events *events, const iotkit_event *event, uint64_t token)
{
	return push(events, event, token);
}

static struct event_node *detach_head(struct events *events)
{
	struct event_node *node = events->head;

	events->head = node->next;
	if (events->head == NULL) {
		events->tail = NULL;
		if (events->watched)
			wake_clear(&events->readable);
	}
	count(events, node, (uint64_t)-1);
	return node;
}

struct events_taken events_take(struct events *events, uint64_t turn, int64_t deadline)
{
	struct events_taken taken = {0};

	monitor_lock(&events->monitor);
	while (events->turn == turn && events->head == NULL &&
	       monitor_wait(&events->monitor, deadline))
		continue;
	if (events->turn == turn && events->head != NULL) {
		struct event_node *node = detach_head(events);
		taken.event = &node->event;
		taken.token = node->token;
		taken.relieved = events->congested && events->messages <= events->max / 2;
		if (taken.relieved)
			events->congested = false;
	}
	monitor_unlock(&events->monitor);
	return taken;
}

static struct event_node *node_of(const iotkit_event *event)
{
	return (struct event_node *)(uintptr_t)event;
}

void events_keep(struct events *events, const iotkit_event *event)
{
	struct event_node *node = node_of(event);

	monitor_lock(&events->monitor);
	struct event_node **link = &events->taken;
	while (*link != NULL && !pthread_equal((*link)->thread, pthread_self()))
		link = &(*link)->next;
	struct event_node *before = *link;
	if (before != NULL)
		*link = before->next;
	node->thread = pthread_self();
	node->next = events->taken;
	events->taken = node;
	monitor_unlock(&events->monitor);
	free(before);
}

void events_drop(const iotkit_event *event)
{
	free(node_of(event));
}

uint64_t events_turn(struct events *events)
{
	monitor_lock(&events->monitor);
	uint64_t turn = events->turn;
	monitor_unlock(&events->monitor);
	return turn;
}

uint64_t events_begin_turn(struct events *events)
{
	monitor_lock(&events->monitor);
	uint64_t turn = ++events->turn;
	monitor_notify(&events->monitor);
	monitor_unlock(&events->monitor);
	return turn;
}

int events_fd(struct events *events)
{
	monitor_lock(&events->monitor);
	if (!events->watched && events->head != NULL)
		wake_signal(&events->readable);
	events->watched = true;
	monitor_unlock(&events->monitor);
	return events->readable.read_fd;
}

bool events_congested(struct events *events)
{
	monitor_lock(&events->monitor);
	bool congested = events->congested;
	monitor_unlock(&events->monitor);
	return congested;
}

uint64_t events_missed(struct events *events)
{
	monitor_lock(&events->monitor);
	uint64_t missed = events->missed;
	monitor_unlock(&events->monitor);
	return missed;
}
