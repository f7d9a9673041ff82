/* SPDX-License-Identifier: MIT
 *
 * Receives through paho's MQTTAsync.
 */
#include <MQTTAsync.h>
#include <stdio.h>
#include <stdlib.h>

#include "arrival.h"

static void check(int rc, const char *what)
{
	if (rc != MQTTASYNC_SUCCESS)
		load_fail("paho cannot %s: %s", what, MQTTAsync_strerror(rc));
}

struct receiver {
	MQTTAsync paho;
	int qos;
};

static void on_failure(void *context, MQTTAsync_failureData5 *data)
{
	(void)context;
	load_fail("paho: failed: %s, code %d", data->message != NULL ? data->message : "no message",
		  data->code);
}

static void on_subscribe(void *context, MQTTAsync_successData5 *data)
{
	(void)context;
	(void)data;
	arrival_ready();
}

static void on_connect(void *context, MQTTAsync_successData5 *data)
{
	struct receiver *receiver = context;
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	(void)data;
	options.onSuccess5 = on_subscribe;
	options.onFailure5 = on_failure;
	check(MQTTAsync_subscribe(receiver->paho, LOAD_TOPIC, receiver->qos, &options),
	      "subscribe");
}

static int on_message(void *context, char *topic, int length, MQTTAsync_message *message)
{
	(void)context;
	(void)length;
	arrival_note(message->payload, (size_t)message->payloadlen);
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

int main(int argc, char **argv)
{
	MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
	MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer5;
	struct receiver receiver = {0};
	struct load load;
	char uri[64];

	arrival_begin(argc, argv, &load);
	receiver.qos = load.qos;
	snprintf(uri, sizeof uri, "tcp://localhost:%d", load.port);
	check(MQTTAsync_createWithOptions(&receiver.paho, uri, "bench-receiver",
					  MQTTCLIENT_PERSISTENCE_NONE, NULL, &create),
	      "create a client");
	check(MQTTAsync_setCallbacks(receiver.paho, NULL, NULL, on_message, NULL),
	      "take callbacks");
	connect.cleanstart = 1;
	connect.context = &receiver;
	connect.onSuccess5 = on_connect;
	connect.onFailure5 = on_failure;
	check(MQTTAsync_connect(receiver.paho, &connect), "connect");
	arrival_wait();
	arrival_report();
	/* Its goodbye would take a second; the broker does without. */
	return EXIT_SUCCESS;
}
