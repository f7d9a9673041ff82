/* SPDX-License-Identifier: MIT
 */
#include "mqtt/client.h"

#include <MQTTAsync.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mqtt/callbacks.h"
#include "mqtt/connect_options.h"
#include "mqtt/packet.h"
#include "mqtt/persistence.h"

enum {
	/* paho's own limit lies above our window: a PUBACK does not wake its
	 * blocked sender. */
	SPARE_INFLIGHT = 16,
	/* paho is not to wait for acknowledgements: what is worth waiting for has been
	 * waited for, and it looks at this time only every few seconds. */
	GOODBYE_MS = 0,
	RESUMED_MAX = 65535 /* as many as there are packet ids */
};

/* ---- life ---- */

static void reset_notes(struct notes *notes)
{
	*notes = (struct notes){0};
	notes->flights_end = &notes->flights;
	notes->requests_end = &notes->requests;
}

static iotkit_status create_paho(struct client *client)
{
	const struct session_settings *settings = client->settings;
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;

	options.MQTTVersion = settings->version_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
	options.maxBufferedMessages = (int)settings->window + SPARE_INFLIGHT;
	options.persistQoS0 = 0;
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

/* Flights of an earlier life, which the outbox says are under way already. */
static iotkit_status resume(struct client *client)
{
	struct outbox_flight *flights = calloc(RESUMED_MAX, sizeof *flights);

	if (flights == NULL)
		return error_set_no_memory();
	size_t count = outbox_flights(client->outbox, flights, RESUMED_MAX);
	client->resumed = calloc(count + 1, sizeof *client->resumed);
	for (size_t i = 0; i < count && client->resumed != NULL; i++) {
		client->resumed[i] = (struct flight){.client = client,
						     .message = flights[i].message,
						     .token = flights[i].packet_id,
						     .resumed = true,
						     .released = flights[i].released};
		client->resumed_count++;
	}
	client->resumed_pending = client->resumed_count;
	free(flights);
	if (client->resumed == NULL)
		return error_set_no_memory();
	return persistence_open(client, &client->persistence);
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
	client->flights = calloc((size_t)settings->window, sizeof *client->flights);
	if (client->flights == NULL)
		status = error_set_no_memory();
	if (status == IOTKIT_OK && outbox_is_durable(outbox))
		status = resume(client);
	if (status == IOTKIT_OK)
		status = create_paho(client);
	if (status != IOTKIT_OK) {
		client_close(client);
		return status;
	}
	for (int64_t i = 0; i < settings->window; i++) {
		client->flights[i].client = client;
		client_release(client, &client->flights[i]);
	}
	return IOTKIT_OK;
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
	free(client->flights);
	free(client->resumed);
	pthread_mutex_destroy(&client->lock);
}

/* ---- connecting ---- */

iotkit_status client_connect(struct client *client, uint16_t port)
{
	struct connect_options options;

	connect_options_fill(&options, client->settings, port, client->connected_before);
	options.paho.maxInflight = (int)client->settings->window + SPARE_INFLIGHT;
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

/* ---- sending ---- */

static void add_user_property(MQTTProperties *properties, char *name, uint64_t number)
{
	char text[PACKET_NUMBER_SIZE];
	MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};

	packet_number(number, text);
	property.value.data = (MQTTLenString){.data = name, .len = (int)strlen(name)};
	property.value.value = (MQTTLenString){.data = text, .len = (int)strlen(text)};
	MQTTProperties_add(properties, &property);
}

/* The same as packet_publish() writes. */
static void add_properties(MQTTProperties *properties, const struct outbox_message *message)
{
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};

	if (message->expires_ms != 0) {
		expiry.value.integer4 = packet_expiry_s(message);
		MQTTProperties_add(properties, &expiry);
	}
	if (message->seq != 0) {
		add_user_property(properties, "epoch", message->epoch);
		add_user_property(properties, "seq", message->seq);
	}
}

bool client_send(struct client *client, struct flight *flight)
{
	const struct outbox_message *message = &flight->message;
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	callbacks_for_flight(&options, flight);
	flight->answer.kind = ANSWER_PENDING;
	if (client->settings->version_5)
		add_properties(&options.properties, message);
	if (message->qos == 0)
		outbox_depart(client->outbox, message->id);
	client->sending = flight;
	int rc = MQTTAsync_send(client->paho, message->topic, (int)message->size, message->payload,
				message->qos, message->retain, &options);
	client->sending = NULL;
	MQTTProperties_free(&options.properties);
	return rc == MQTTASYNC_SUCCESS;
}

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

bool client_request(struct client *client, const char *filter, int32_t qos, bool unsubscribes)
{
	struct request *request = new_request(client, filter, qos, unsubscribes);
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	if (request == NULL)
		return false;
	callbacks_for_request(&options, request);
	int rc = unsubscribes ? MQTTAsync_unsubscribe(client->paho, filter, &options)
			      : MQTTAsync_subscribe(client->paho, filter, qos, &options);
	if (rc != MQTTASYNC_SUCCESS)
		withdraw(client, request);
	return rc == MQTTASYNC_SUCCESS;
}

void client_collect(struct client *client, struct notes *out)
{
	pthread_mutex_lock(&client->lock);
	*out = client->notes;
	client->notes.flights = NULL;
	client->notes.flights_end = &client->notes.flights;
	client->notes.requests = NULL;
	client->notes.requests_end = &client->notes.requests;
	pthread_mutex_unlock(&client->lock);
}

void client_forget(struct request *request)
{
	free(request->filter);
	free(request);
}

void client_set_token(struct client *client, struct flight *flight, uint16_t token)
{
	pthread_mutex_lock(&client->lock);
	flight->token = token;
	pthread_mutex_unlock(&client->lock);
}

/* The lock is held. */
static struct flight *find_by_token(struct flight *flights, size_t count, uint16_t token)
{
	for (size_t i = 0; i < count; i++)
		if (flights[i].token == token)
			return &flights[i];
	return NULL;
}

uint64_t client_find_message(struct client *client, uint16_t token)
{
	size_t window = (size_t)client->settings->window;

	pthread_mutex_lock(&client->lock);
	const struct flight *flight = find_by_token(client->flights, window, token);
	if (flight == NULL)
		flight = find_by_token(client->resumed, client->resumed_count, token);
	uint64_t id = flight != NULL ? flight->message.id : 0;
	pthread_mutex_unlock(&client->lock);
	return id;
}

bool client_is_resuming(struct client *client)
{
	pthread_mutex_lock(&client->lock);
	bool resuming = client->resumed_pending > 0;
	pthread_mutex_unlock(&client->lock);
	return resuming;
}

void client_note_refused(struct client *client, uint16_t token, int code)
{
	pthread_mutex_lock(&client->lock);
	struct flight *flight = find_by_token(client->resumed, client->resumed_count, token);
	if (flight != NULL)
		flight->answer.code = code;
	pthread_mutex_unlock(&client->lock);
}

struct flight *client_reserve(struct client *client)
{
	struct flight *flight = client->free_flights;

	if (flight != NULL)
		client->free_flights = flight->next;
	return flight;
}

void client_release(struct client *client, struct flight *flight)
{
	pthread_mutex_lock(&client->lock);
	flight->token = 0;
	pthread_mutex_unlock(&client->lock);
	if (flight->resumed)
		return;
	flight->next = client->free_flights;
	client->free_flights = flight;
}
