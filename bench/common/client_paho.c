/* SPDX-License-Identifier: MIT
 *
 * paho's MQTTAsync, fed by one thread. Its store is a folder of files.
 */
#include <MQTTAsync.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"

enum {
	USUAL_WINDOW = 128,
	PATIENCE_MS = 10000,
	/* paho's own limit lies higher, since it blocks its sender for a while. */
	SPARE_INFLIGHT = 16
};

struct client {
	MQTTAsync paho;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool connected, subscribed;
	int qos;
	int window;
	int under_way;
	int wanted; /* who publishes waits until no more than so many are under way */
	client_taker *take;
	void *context;
};

static void check(int rc, const char *what)
{
	if (rc != MQTTASYNC_SUCCESS)
		load_fail("paho cannot %s: %s", what, MQTTAsync_strerror(rc));
}

/* ---- what paho calls ---- */

static void tell(struct client *client, bool *flag, bool value)
{
	pthread_mutex_lock(&client->lock);
	*flag = value;
	pthread_cond_signal(&client->changed);
	pthread_mutex_unlock(&client->lock);
}

static void on_connect(void *context, MQTTAsync_successData5 *data)
{
	struct client *client = context;

	(void)data;
	tell(client, &client->connected, true);
}

static void on_disconnect(void *context, MQTTAsync_successData5 *data)
{
	struct client *client = context;

	(void)data;
	tell(client, &client->connected, false);
}

static void on_subscribe(void *context, MQTTAsync_successData5 *data)
{
	struct client *client = context;

	(void)data;
	tell(client, &client->subscribed, true);
}

static void on_sent(void *context, MQTTAsync_successData5 *data)
{
	struct client *client = context;

	(void)data;
	pthread_mutex_lock(&client->lock);
	if (--client->under_way == client->wanted)
		pthread_cond_signal(&client->changed);
	pthread_mutex_unlock(&client->lock);
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
	struct client *client = context;

	(void)length;
	client->take(client->context, message->payload, (size_t)message->payloadlen);
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

/* ---- the connection ---- */

static void wait_until(struct client *client, const bool *flag, bool value)
{
	pthread_mutex_lock(&client->lock);
	while (*flag != value)
		pthread_cond_wait(&client->changed, &client->lock);
	pthread_mutex_unlock(&client->lock);
}

static void create(struct client *client, const struct load *load)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
	char uri[64];

	snprintf(uri, sizeof uri, "%s://localhost:%d", load->ca_file != NULL ? "ssl" : "tcp",
		 load->port);
	options.maxBufferedMessages = client->window + SPARE_INFLIGHT;
	/* It only reads the name of the folder. */
	check(MQTTAsync_createWithOptions(&client->paho, uri, "bench-paho",
					  load->store != NULL ? MQTTCLIENT_PERSISTENCE_DEFAULT
							      : MQTTCLIENT_PERSISTENCE_NONE,
					  (void *)(uintptr_t)load->store, &options),
	      "create a client");
	check(MQTTAsync_setCallbacks(client->paho, client, on_lost, on_message, NULL),
	      "take callbacks");
}

static void connect_now(struct client *client, const struct load *load)
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
	options.maxInflight = client->window + SPARE_INFLIGHT;
	options.context = client;
	options.onSuccess5 = on_connect;
	options.onFailure5 = on_failure;
	check(MQTTAsync_connect(client->paho, &options), "connect");
	wait_until(client, &client->connected, true);
}

struct client *client_open(const struct load *load)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		load_fail("no memory");
	pthread_mutex_init(&client->lock, NULL);
	pthread_cond_init(&client->changed, NULL);
	client->qos = load->qos;
	client->window = load->window > 0 ? load->window : USUAL_WINDOW;
	create(client, load);
	connect_now(client, load);
	return client;
}

void client_close(struct client *client)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;

	options.timeout = PATIENCE_MS;
	options.context = client;
	options.onSuccess5 = on_disconnect;
	check(MQTTAsync_disconnect(client->paho, &options), "disconnect");
	wait_until(client, &client->connected, false);
	MQTTAsync_destroy(&client->paho);
	pthread_cond_destroy(&client->changed);
	pthread_mutex_destroy(&client->lock);
	free(client);
}

/* ---- publishing ---- */

/* Waits until no more than so many are under way. */
static void wait_for(struct client *client, int wanted)
{
	pthread_mutex_lock(&client->lock);
	client->wanted = wanted;
	while (client->under_way > wanted)
		pthread_cond_wait(&client->changed, &client->lock);
	client->wanted = -1;
	pthread_mutex_unlock(&client->lock);
}

/* A full window is waited for until it is half empty: fewer turns for this thread,
 * and paho never runs dry. */
static void make_room(struct client *client)
{
	pthread_mutex_lock(&client->lock);
	bool full = client->under_way >= client->window;
	pthread_mutex_unlock(&client->lock);
	if (full)
		wait_for(client, client->window / 2);
	pthread_mutex_lock(&client->lock);
	client->under_way++;
	pthread_mutex_unlock(&client->lock);
}

void client_publish(struct client *client, const char *topic, const void *payload, int size,
		    int qos)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	make_room(client);
	options.context = client;
	options.onSuccess5 = on_sent;
	options.onFailure5 = on_failure;
	check(MQTTAsync_send(client->paho, topic, size, payload, qos, 0, &options), "send");
}

void client_finish(struct client *client)
{
	wait_for(client, 0);
}

/* ---- receiving ---- */

void client_subscribe(struct client *client, const char *filter, client_taker *take, void *context)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	client->take = take;
	client->context = context;
	options.context = client;
	options.onSuccess5 = on_subscribe;
	options.onFailure5 = on_failure;
	check(MQTTAsync_subscribe(client->paho, filter, client->qos, &options), "subscribe");
	wait_until(client, &client->subscribed, true);
}

/* It has threads of its own. */
void client_work_until(struct client *client, int64_t moment_ns)
{
	(void)client;
	load_sleep_until(moment_ns);
}
