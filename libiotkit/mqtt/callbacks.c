/* SPDX-License-Identifier: MIT
 *
 * Design notes. paho calls back on two threads that serve the whole process,
 * with its own lock held, and forbids most of its functions there. So nothing
 * is done in a callback but to write a note and to signal the session's
 * thread. That thread calls paho with no lock of ours held.
 */
#include "mqtt/callbacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/packet.h"

/* ---- notes ---- */

static void copy_reason_string(struct answer *answer, MQTTProperties *properties)
{
	MQTTProperty *property =
		MQTTProperties_getProperty(properties, MQTTPROPERTY_CODE_REASON_STRING);

	if (property != NULL)
		snprintf(answer->words, sizeof answer->words, "%.*s", property->value.data.len,
			 property->value.data.data);
}

static void end_note(struct client *client)
{
	pthread_mutex_unlock(&client->lock);
	wake_signal(client->wake);
}

static void note_connected(struct client *client, bool session_present, MQTTProperties *properties)
{
	if (!session_present)
		inbound_forget(client->inbound);
	pthread_mutex_lock(&client->lock);
	client->notes.connect.kind = ANSWER_YES;
	client->notes.session_present = session_present;
	if (properties != NULL) {
		int receive = (int)MQTTProperties_getNumericValue(
			properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
		long long packet = MQTTProperties_getNumericValue(
			properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE);
		client->notes.receive_maximum = receive > 0 ? receive : 0;
		client->notes.maximum_packet = packet > 0 ? (uint32_t)packet : 0;
	}
	end_note(client);
}

/* code > 0: the broker's; otherwise the connection broke. */
static void note_refused(struct client *client, int code, MQTTProperties *properties)
{
	pthread_mutex_lock(&client->lock);
	client->notes.connect.kind = code > 0 ? ANSWER_NO : ANSWER_LOST;
	client->notes.connect.code = code;
	if (properties != NULL)
		copy_reason_string(&client->notes.connect, properties);
	end_note(client);
}

static void note_request(struct request *request, enum answer_kind kind, int value,
			 MQTTProperties *properties)
{
	struct client *client = request->client;
	struct request **link = &client->requests;

	pthread_mutex_lock(&client->lock);
	request->answer.kind = kind;
	request->answer.code = value;
	request->answer.qos = value;
	if (properties != NULL)
		copy_reason_string(&request->answer, properties);
	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	request->next = NULL;
	*client->notes.requests_end = request;
	client->notes.requests_end = &request->next;
	end_note(client);
}

/* ---- paho's callbacks: 3 is MQTT 3.1.1, 5 is MQTT 5 ---- */

static void on_connect_3(void *context, MQTTAsync_successData *data)
{
	note_connected(context, data->alt.connect.sessionPresent, NULL);
}

static void on_connect_5(void *context, MQTTAsync_successData5 *data)
{
	note_connected(context, data->alt.connect.sessionPresent, &data->properties);
}

static void on_connect_failure_3(void *context, MQTTAsync_failureData *data)
{
	note_refused(context, data != NULL ? data->code : 0, NULL);
}

static void on_connect_failure_5(void *context, MQTTAsync_failureData5 *data)
{
	int code = data->reasonCode > 0 ? (int)data->reasonCode : data->code;

	note_refused(context, code, &data->properties);
}

static void on_request_3(void *context, MQTTAsync_successData *data)
{
	note_request(context, ANSWER_YES, data != NULL ? data->alt.qos : 0, NULL);
}

static void on_request_5(void *context, MQTTAsync_successData5 *data)
{
	note_request(context, ANSWER_YES, data != NULL ? (int)data->reasonCode : 0, NULL);
}

static void on_request_failure_3(void *context, MQTTAsync_failureData *data)
{
	bool refused = data != NULL && data->code > 0;

	note_request(context, refused ? ANSWER_NO : ANSWER_LOST, refused ? data->code : 0, NULL);
}

static void on_request_failure_5(void *context, MQTTAsync_failureData5 *data)
{
	bool refused = data != NULL && data->reasonCode >= MQTTREASONCODE_UNSPECIFIED_ERROR;

	note_request(context, refused ? ANSWER_NO : ANSWER_LOST,
		     refused ? (int)data->reasonCode : 0, refused ? &data->properties : NULL);
}

static void on_lost(void *context, char *cause)
{
	struct client *client = context;

	(void)cause;
	pthread_mutex_lock(&client->lock);
	client->notes.lost = true;
	end_note(client);
}

static void on_goodbye(void *context, MQTTProperties *properties, enum MQTTReasonCodes code)
{
	struct client *client = context;

	pthread_mutex_lock(&client->lock);
	client->notes.goodbye.kind = ANSWER_NO;
	client->notes.goodbye.code = (int)code;
	copy_reason_string(&client->notes.goodbye, properties);
	end_note(client);
}

static void note_closed(struct client *client)
{
	pthread_mutex_lock(&client->lock);
	client->notes.closed = true;
	end_note(client);
}

static void on_disconnect_3(void *context, MQTTAsync_successData *data)
{
	(void)data;
	note_closed(context);
}

static void on_disconnect_5(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	note_closed(context);
}

/* A user property that is a number; 0 when there is none. */
static uint64_t read_number(MQTTProperties *properties, const char *name)
{
	uint64_t number = 0;

	for (int i = 0; i < properties->count && number == 0; i++) {
		const MQTTProperty *property = &properties->array[i];
		const MQTTLenString *key = &property->value.data, *value = &property->value.value;
		if (property->identifier == MQTTPROPERTY_CODE_USER_PROPERTY &&
		    (size_t)key->len == strlen(name) && memcmp(key->data, name, strlen(name)) == 0)
			number = packet_digits(value->data, (size_t)value->len);
	}
	return number;
}

/* With QoS 2: all others come another way. */
static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
	struct client *client = context;

	(void)topic_length; /* not 0 only for topics with a NUL, which the standard forbids */
	struct session_message out = {
		.topic = topic,
		.payload = message->payload,
		.size = (size_t)message->payloadlen,
		.qos = message->qos,
		.retain = message->retained != 0,
		.epoch = read_number(&message->properties, "epoch"),
		.seq = read_number(&message->properties, "seq"),
		.token = inbound_note_arrived(client->inbound, (uint16_t)message->msgid),
	};
	if (client->sink->message(client->sink->context, &out) != IOTKIT_OK) {
		inbound_note_untold(client->inbound, out.token);
		return 0; /* paho tries again */
	}
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

void callbacks_for_connect(MQTTAsync_connectOptions *options, struct client *client)
{
	options->context = client;
	if (client->settings->version_5) {
		options->onSuccess5 = on_connect_5;
		options->onFailure5 = on_connect_failure_5;
	} else {
		options->onSuccess = on_connect_3;
		options->onFailure = on_connect_failure_3;
	}
}

void callbacks_for_disconnect(MQTTAsync_disconnectOptions *options, struct client *client)
{
	options->context = client;
	if (client->settings->version_5)
		options->onSuccess5 = on_disconnect_5;
	else
		options->onSuccess = on_disconnect_3;
}

void callbacks_for_request(MQTTAsync_responseOptions *options, struct request *request)
{
	options->context = request;
	if (request->client->settings->version_5) {
		options->onSuccess5 = on_request_5;
		options->onFailure5 = on_request_failure_5;
	} else {
		options->onSuccess = on_request_3;
		options->onFailure = on_request_failure_3;
	}
}

int callbacks_install(struct client *client)
{
	int rc = MQTTAsync_setCallbacks(client->paho, client, on_lost, on_message, NULL);

	if (rc == MQTTASYNC_SUCCESS && client->settings->version_5)
		rc = MQTTAsync_setDisconnected(client->paho, client, on_goodbye);
	return rc;
}
