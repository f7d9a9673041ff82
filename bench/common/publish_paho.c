/* SPDX-License-Identifier: MIT
 *
 * Publishes through paho's MQTTAsync from one thread. Its store is a folder of files.
 */
#include <MQTTAsync.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum {
	USUAL_WINDOW = 128,
	PATIENCE_MS = 10000,
	/* paho's own limit lies higher, since it blocks its sender for a while. */
	SPARE_INFLIGHT = 16
};

struct publisher {
	MQTTAsync paho;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool connected;
	int window;
	int under_way;
	int wanted; /* who publishes waits until no more than so many are under way */
};

static void check(int rc, const char *what)
{
	if (rc != MQTTASYNC_SUCCESS)
		load_fail("paho cannot %s: %s", what, MQTTAsync_strerror(rc));
}

/* ---- what paho calls ---- */

static void set_connected(struct publisher *publisher, bool connected)
{
	pthread_mutex_lock(&publisher->lock);
	publisher->connected = connected;
	pthread_cond_signal(&publisher->changed);
	pthread_mutex_unlock(&publisher->lock);
}

static void on_connect(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	set_connected(context, true);
}

static void on_disconnect(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	set_connected(context, false);
}

static void on_sent(void *context, MQTTAsync_successData5 *data)
{
	struct publisher *publisher = context;

	(void)data;
	pthread_mutex_lock(&publisher->lock);
	if (--publisher->under_way == publisher->wanted)
		pthread_cond_signal(&publisher->changed);
	pthread_mutex_unlock(&publisher->lock);
}

static void on_failure(void *context, MQTTAsync_failureData5 *data)
{
	(void)context;
	load_fail("paho: failed: %s, code %d, reason %d",
		  data->message != NULL ? data->message : "no message", data->code,
		  (int)data->reasonCode);
}

static void on_lost(void *context, char *cause)
{
	(void)context;
	load_fail("paho: connection lost: %s", cause != NULL ? cause : "no cause told");
}

static int on_message(void *context, char *topic, int length, MQTTAsync_message *message)
{
	(void)context;
	(void)length;
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

/* ---- the connection ---- */

static void wait_until_connected(struct publisher *publisher, bool connected)
{
	pthread_mutex_lock(&publisher->lock);
	while (publisher->connected != connected)
		pthread_cond_wait(&publisher->changed, &publisher->lock);
	pthread_mutex_unlock(&publisher->lock);
}

static void create(struct publisher *publisher, const struct load *load)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
	char uri[64];

	snprintf(uri, sizeof uri, "%s://localhost:%d", load->ca_file != NULL ? "ssl" : "tcp",
		 load->port);
	options.maxBufferedMessages = publisher->window + SPARE_INFLIGHT;
	/* It only reads the name of the folder. */
	check(MQTTAsync_createWithOptions(&publisher->paho, uri, "bench-paho",
					  load->store != NULL ? MQTTCLIENT_PERSISTENCE_DEFAULT
							      : MQTTCLIENT_PERSISTENCE_NONE,
					  (void *)(uintptr_t)load->store, &options),
	      "create a client");
	check(MQTTAsync_setCallbacks(publisher->paho, publisher, on_lost, on_message, NULL),
	      "take callbacks");
}

static void connect_now(struct publisher *publisher, const struct load *load)
{
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_SSLOptions ssl = MQTTAsync_SSLOptions_initializer;

	ssl.trustStore = load->ca_file;
	ssl.enableServerCertAuth = 1;
	ssl.verify = 1;
	ssl.sslVersion = MQTT_SSL_VERSION_TLS_1_2; /* as mbedTLS 2.28 */
	if (load->ca_file != NULL)
		options.ssl = &ssl;
	options.cleanstart = 1;
	options.maxInflight = publisher->window + SPARE_INFLIGHT;
	options.context = publisher;
	options.onSuccess5 = on_connect;
	options.onFailure5 = on_failure;
	check(MQTTAsync_connect(publisher->paho, &options), "connect");
	wait_until_connected(publisher, true);
}

static void disconnect_and_destroy(struct publisher *publisher)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;

	options.timeout = PATIENCE_MS;
	options.context = publisher;
	options.onSuccess5 = on_disconnect;
	check(MQTTAsync_disconnect(publisher->paho, &options), "disconnect");
	wait_until_connected(publisher, false);
	MQTTAsync_destroy(&publisher->paho);
}

/* ---- publishing ---- */

/* Waits until no more than so many are under way. */
static void wait_for(struct publisher *publisher, int wanted)
{
	pthread_mutex_lock(&publisher->lock);
	publisher->wanted = wanted;
	while (publisher->under_way > wanted)
		pthread_cond_wait(&publisher->changed, &publisher->lock);
	publisher->wanted = -1;
	pthread_mutex_unlock(&publisher->lock);
}

/* A full window is waited for until it is half empty: fewer turns for this thread,
 * and paho never runs dry. */
static void make_room(struct publisher *publisher)
{
	pthread_mutex_lock(&publisher->lock);
	bool full = publisher->under_way >= publisher->window;
	pthread_mutex_unlock(&publisher->lock);
	if (full)
		wait_for(publisher, publisher->window / 2);
	pthread_mutex_lock(&publisher->lock);
	publisher->under_way++;
	pthread_mutex_unlock(&publisher->lock);
}

static void publish(void *context, const char *topic, const char *payload, int size, int qos)
{
	struct publisher *publisher = context;
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	make_room(publisher);
	options.context = publisher;
	options.onSuccess5 = on_sent;
	options.onFailure5 = on_failure;
	check(MQTTAsync_send(publisher->paho, topic, size, payload, qos, 0, &options), "send");
}

static void finish(void *context)
{
	wait_for(context, 0);
}

int main(int argc, char **argv)
{
	const struct load_side side = {.publish = publish, .finish = finish};
	struct publisher publisher = {.lock = PTHREAD_MUTEX_INITIALIZER,
				      .changed = PTHREAD_COND_INITIALIZER};
	struct load load;

	load_parse(&load, argc, argv);
	publisher.window = load.window > 0 ? load.window : USUAL_WINDOW;
	create(&publisher, &load);
	connect_now(&publisher, &load);
	load_run(&load, &side, &publisher);
	disconnect_and_destroy(&publisher);
	return EXIT_SUCCESS;
}
