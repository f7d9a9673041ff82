/* SPDX-License-Identifier: MIT */
#include "doctor/listen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wait.h"

enum {
	URI_SIZE = 4096,
	TURN_MS = 50, /* how late what came may be seen */
	LINE_BYTES = 150, /* text has shorter lines, as a rule */
	NOISE_BYTES = 32, /* that may be worth a search for the baud rate, ... */
	SEARCH_MS = 45000, /* ... which takes so long at most */
	OPENING_MS = 30000 /* that a port may take to open, or not */
};

/* ---- Beginning ---------------------------------------------------------- */

/* With an outbox of one message, which is taken: no reading is accepted, so a board is never
 * told that one is safe. */
static iotkit_status fill_outbox(iotkit *iot)
{
	iotkit_status status = iotkit_set_option(iot, "outbox.max_rows", "1");

	if (status == IOTKIT_OK)
		status = iotkit_set_option(iot, "outbox.policy", "reject");
	return status == IOTKIT_OK ? iotkit_publish(iot, "iotkit-doctor", "", 0, 0, 0, NULL)
				   : status;
}

static void add_key(char *uri, size_t size, const char *key)
{
	size_t used = strlen(uri);

	snprintf(uri + used, size - used, "%c%s", strchr(uri, '?') != NULL ? '&' : '?', key);
}

static iotkit_status begin(struct listener *listener, const char *name, const char *uri)
{
	static const char serial[] = "serial:";
	char gentle[URI_SIZE];
	iotkit_status status = iotkit_open(NULL, &listener->iot);

	if (status == IOTKIT_OK)
		status = fill_outbox(listener->iot);
	if (status != IOTKIT_OK)
		return status;
	snprintf(gentle, sizeof gentle, "%.4000s", uri);
	/* The last of a kind counts. */
	if (strncmp(uri, serial, strlen(serial)) == 0)
		add_key(gentle, sizeof gentle, "reset.on_open=never");
	return iotkit_add_device(listener->iot, name, gentle);
}

static const char any_board[] = "serial:auto";

void listen_begin(struct listener *listener, const char *name, const char *uri)
{
	*listener = (struct listener){.since_ms = wait_now(),
				      .any = strncmp(uri, any_board, strlen(any_board)) == 0};
	listener->status = begin(listener, name, uri);
	if (listener->status == IOTKIT_OK)
		return;
	listener->told = true;
	snprintf(listener->state, sizeof listener->state, "%s", iotkit_last_error());
	iotkit_close(listener->iot);
	listener->iot = NULL;
}

/* ---- Listening ---------------------------------------------------------- */

static void copy(char out[static LISTEN_TEXT_SIZE], const char *text)
{
	snprintf(out, LISTEN_TEXT_SIZE, "%s", text != NULL ? text : "");
}

static void take_log(struct listener *listener, const iotkit_event *event)
{
	if (event->device == NULL || event->text == NULL)
		return;
	bool searched = strstr(event->text, " sends noise at ") != NULL;
	if (event->status == IOTKIT_OK && listener->greeting[0] == '\0')
		copy(listener->greeting, event->text);
	if (event->status != IOTKIT_OK && (searched || !listener->searched))
		copy(listener->complaint, event->text);
	listener->searched = listener->searched || searched;
	if (event->status == IOTKIT_EFORMAT && strstr(event->text, "baud rate") != NULL)
		listener->garbled = true;
}

static void take_event(struct listener *listener, const iotkit_event *event)
{
	switch (event->type) {
	case IOTKIT_EVENT_DEVICE_ONLINE:
	case IOTKIT_EVENT_DEVICE_OFFLINE:
		listener->since_ms = listener->told ? listener->since_ms : wait_now();
		listener->told = true;
		listener->status =
			event->type == IOTKIT_EVENT_DEVICE_ONLINE ? IOTKIT_OK : event->status;
		copy(listener->state, event->text);
		break;
	case IOTKIT_EVENT_DROPPED: /* as all are, the outbox being full */
		if (event->device != NULL && event->topic != NULL && listener->metric[0] == '\0')
			snprintf(listener->metric, sizeof listener->metric, "%.900s %.9g",
				 event->topic, event->value);
		break;
	case IOTKIT_EVENT_LOG:
		take_log(listener, event);
		break;
	default:
		break;
	}
}

static void hear(struct listener *listener)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(listener->iot, 0)) != NULL)
		take_event(listener, event);
	listener->stats = (iotkit_stats){.struct_size = sizeof listener->stats};
	iotkit_get_stats(listener->iot, &listener->stats);
}

static bool is_understood(const struct listener *listener)
{
	return (listener->told && listener->status != IOTKIT_OK) || listener->stats.frames > 0 ||
	       listener->metric[0] != '\0' || listener->searched;
}

static bool may_be_noise(const struct listener *listener)
{
	bool endless = listener->stats.device_bytes > LINE_BYTES * (listener->stats.lines + 1);

	return listener->stats.device_bytes >= NOISE_BYTES && listener->stats.metrics == 0 &&
	       (listener->garbled || endless) && listener->greeting[0] == '\0';
}

/* How long to listen to it for its next word. */
static int64_t patience_ms(const struct listener *listener, int listen_ms)
{
	if (!listener->told && !listener->any)
		return OPENING_MS;
	return may_be_noise(listener) ? listen_ms + SEARCH_MS : listen_ms;
}

/* Whether there is reason to go on. */
static bool hear_all(struct listener *listeners, size_t count, int listen_ms)
{
	bool go_on = false;

	for (size_t i = 0; i < count; i++) {
		struct listener *listener = &listeners[i];
		if (listener->iot == NULL)
			continue;
		hear(listener);
		go_on = go_on ||
			(!is_understood(listener) &&
			 wait_now() - listener->since_ms < patience_ms(listener, listen_ms));
	}
	return go_on;
}

void listen_all(struct listener *listeners, size_t count, int listen_ms)
{
	while (!wait_stopped() && hear_all(listeners, count, listen_ms))
		wait_for(count == 1 ? listeners[0].iot : NULL, -1, wait_now() + TURN_MS);
}

void listen_end(struct listener *listener)
{
	iotkit_close(listener->iot);
	listener->iot = NULL;
}
