/* SPDX-License-Identifier: MIT
 *
 * libiotkit. Its store is the file of outbox.path.
 */
#include <iotkit.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "metric.h"

enum { PATIENCE_MS = 60000, ROOM_MS = 10 };

#define MS_NS INT64_C(1000000)

struct client {
	iotkit *iot;
	int qos;
	client_taker *take;
	void *context;
};

static void check(iotkit_status status)
{
	if (status != IOTKIT_OK)
		load_fail("libiotkit: %s", iotkit_last_error());
}

/* ---- the connection ---- */

static void set(struct client *client, const char *name, const char *value)
{
	if (value != NULL)
		check(iotkit_set_option(client->iot, name, value));
}

static void set_number(struct client *client, const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof text, "%d", value);
	set(client, name, text);
}

static void set_options(struct client *client, const struct load *load)
{
	set(client, "tls.ca_file", load->ca_file);
	if (load->window > 0)
		set_number(client, "mqtt.window", load->window);
	set(client, "topic.base", LOAD_BASE);
	set_number(client, "metric.qos", load->qos);
	set(client, "payload", load->form);
	if (load->batch > 0)
		set_number(client, "batch.max", load->batch);
	set(client, "outbox.sync", load->sync);
	set(client, "outbox.path", load->store);
}

struct client *client_open(const struct load *load)
{
	struct client *client = calloc(1, sizeof *client);
	char uri[64];

	if (client == NULL)
		load_fail("no memory");
	client->qos = load->qos;
	snprintf(uri, sizeof uri, "%s://localhost:%d", load->ca_file != NULL ? "mqtts" : "mqtt",
		 load->port);
	check(iotkit_open(uri, &client->iot));
	set_options(client, load);
	check(iotkit_connect(client->iot, PATIENCE_MS));
	return client;
}

void client_close(struct client *client)
{
	check(iotkit_disconnect(client->iot, PATIENCE_MS));
	iotkit_close(client->iot);
	free(client);
}

/* ---- publishing ---- */

/* Returns whether to try again: the outbox was full, and may have room now. */
static bool was_full(struct client *client, iotkit_status status)
{
	if (status == IOTKIT_EFULL) {
		iotkit_flush(client->iot, ROOM_MS);
		return true;
	}
	check(status);
	return false;
}

void client_publish(struct client *client, const char *topic, const void *payload, int size,
		    int qos)
{
	while (was_full(client,
			iotkit_publish(client->iot, topic, payload, (size_t)size, qos, 0, NULL))) {
	}
}

void metric_publish(struct client *client, const struct metric *metric, int qos)
{
	(void)qos; /* that of metric.qos */
	while (was_full(client, iotkit_publish_metric(client->iot, METRIC_DEVICE, metric->name,
						      metric->value, metric->unit, 0))) {
	}
}

void client_finish(struct client *client)
{
	check(iotkit_flush(client->iot, PATIENCE_MS));
}

/* ---- receiving ---- */

void client_subscribe(struct client *client, const char *filter, client_taker *take, void *context)
{
	const iotkit_event *event;

	client->take = take;
	client->context = context;
	check(iotkit_subscribe(client->iot, filter, client->qos));
	do
		event = iotkit_next_event(client->iot, PATIENCE_MS);
	while (event != NULL && event->type != IOTKIT_EVENT_SUBSCRIBED);
	if (event == NULL || event->status != IOTKIT_OK)
		load_fail("libiotkit: not subscribed");
}

void client_work_until(struct client *client, int64_t moment_ns)
{
	const iotkit_event *event;
	int64_t left;

	if (client->take == NULL)
		load_sleep_until(moment_ns);
	while ((left = moment_ns - load_now_ns()) > 0) {
		event = iotkit_next_event(client->iot, (int32_t)(left / MS_NS + 1));
		if (event != NULL && event->type == IOTKIT_EVENT_MESSAGE)
			client->take(client->context, event->payload, event->payload_size);
	}
}
