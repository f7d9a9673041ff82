/* SPDX-License-Identifier: MIT
 */
#include "mqtt/client.h"

#include <MQTTAsync.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mqtt/callbacks.h"
#include "mqtt/connect_options.h"
#include "mqtt/persistence.h"

enum {
	/* paho is not to wait for acknowledgements: what is worth waiting for has been
	 * waited for, and it looks at this time only every few seconds. */
	GOODBYE_MS = 0
};

/* ---- life ---- */

static void reset_notes(struct notes *notes)
{
	*notes = (struct notes){0};
	notes->requests_end = &notes->requests;
}

static iotkit_status create_paho(struct client *client)
{
	const struct session_settings *settings = client->settings;
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;

	options.MQTTVersion = settings->version_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
	int kind = MQTTCLIENT_PERSISTENCE_NONE;
	void *persistence = NULL;
	if (client->persistence != NULL) {
		kind = MQTTCLIENT_PERSISTENCE_USER;
		persistence = persistence_for_paho(client->persistence);
	}
	int rc = MQTTAsync_createWithOptions(&client->paho, "tcp://127.0.0.1:1",
					     settings->client_id, kind, persistence, &options);
	if (rc == MQTTASYNC_SUCCESS)
		rc = callbacks_install(client);
	if (rc != MQTTASYNC_SUCCESS)
		return error_set(IOTKIT_EINVAL, "the MQTT client refuses the client id '%s': %s",
				 settings->client_id, MQTTAsync_strerror(rc));
	return IOTKIT_OK;
}

iotkit_status client_open(struct client *client, const struct session_settings *settings,
			  const struct session_sink *sink, struct outbox *outbox,
			  struct inbound *inbound, struct wake *wake)
{
	iotkit_status status = IOTKIT_OK;

	*client = (struct client){.settings = settings,
				  .sink = sink,
				  .outbox = outbox,
				  .inbound = inbound,
				  .wake = wake};
	reset_notes(&client->notes);
	pthread_mutex_init(&client->lock, NULL);
	if (outbox_is_durable(outbox))
		status = persistence_open(client, &client->persistence);
	if (status == IOTKIT_OK)
		status = create_paho(client);
	if (status != IOTKIT_OK)
		client_close(client);
	return status;
}

static void free_requests(struct request *request)
{
	while (request != NULL) {
		struct request *next = request->next;
		free(request->filter);
		free(request);
		request = next;
	}
}

void client_close(struct client *client)
{
	if (client->paho != NULL)
		MQTTAsync_destroy(&client->paho);
	free_requests(client->requests);
	free_requests(client->notes.requests);
	persistence_close(client->persistence);
	pthread_mutex_destroy(&client->lock);
}

/* ---- connecting ---- */

iotkit_status client_connect(struct client *client, uint16_t port)
{
	struct connect_options options;

	connect_options_fill(&options, client->settings, port, client->connected_before);
	callbacks_for_connect(&options.paho, client);
	pthread_mutex_lock(&client->lock);
	client->notes.connect = (struct answer){0};
	client->notes.goodbye = (struct answer){0};
	client->notes.lost = client->notes.closed = false;
	pthread_mutex_unlock(&client->lock);

	int rc = MQTTAsync_connect(client->paho, &options.paho);
	connect_options_free(&options);
	if (rc != MQTTASYNC_SUCCESS)
		return error_set(IOTKIT_ESYSTEM, "the MQTT client cannot begin to connect: %s",
				 MQTTAsync_strerror(rc));
	return IOTKIT_OK;
}

bool client_disconnect(struct client *client)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
	MQTTProperty no_session = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};

	if (client->settings->version_5)
		options = (MQTTAsync_disconnectOptions)MQTTAsync_disconnectOptions_initializer5;
	options.timeout = GOODBYE_MS;
	callbacks_for_disconnect(&options, client);
	if (client->settings->version_5 && client->settings->clean_start)
		MQTTProperties_add(&options.properties, &no_session);
	int rc = MQTTAsync_disconnect(client->paho, &options);
	MQTTProperties_free(&options.properties);
	return rc == MQTTASYNC_SUCCESS;
}

/* ---- requests ---- */

static struct request *new_request(struct client *client, const char *filter, int32_t qos,
				   bool unsubscribes)
{
	struct request *request = calloc(1, sizeof *request);

	if (request == NULL || (request->filter = strdup(filter)) == NULL) {
		free(request);
		return NULL;
	}
	request->client = client;
	request->qos = qos;
	request->unsubscribes = unsubscribes;
	pthread_mutex_lock(&client->lock);
	request->next = client->requests;
	client->requests = request;
	pthread_mutex_unlock(&client->lock);
	return request;
}

/* paho did not take it. */
static void withdraw(struct client *client, struct request *request)
{
	struct request **link = &client->requests;

	pthread_mutex_lock(&client->lock);
	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	pthread_mutex_unlock(&client->lock);
	client_forget(request);
}

uint16_t client_request(struct client *client, const char *filter, int32_t qos, bool unsubscribes)
{
	struct request *request = new_request(client, filter, qos, unsubscribes);
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	if (request == NULL)
		return 0;
	callbacks_for_request(&options, request);
	int rc = unsubscribes ? MQTTAsync_unsubscribe(client->paho, filter, &options)
			      : MQTTAsync_subscribe(client->paho, filter, qos, &options);
	if (rc != MQTTASYNC_SUCCESS) {
		withdraw(client, request);
		return 0;
	}
	request->packet_id = (uint16_t)options.token;
	return request->packet_id;
}

void client_collect(struct client *client, struct notes *out)
{
	pthread_mutex_lock(&client->lock);
	*out = client->notes;
	client->notes.requests = NULL;
	client->notes.requests_end = &client->notes.requests;
	pthread_mutex_unlock(&client->lock);
}

void client_forget(struct request *request)
{
	free(request->filter);
	free(request);
}
