/* SPDX-License-Identifier: MIT
 *
 * libmosquitto, without a thread of its own: with one it wakes that for each message, and is
 * slower.
 */
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdlib.h>

#include "client.h"

enum { USUAL_WINDOW = 128, RECEIVE_MAXIMUM = 1000, LOOK_MS = 1000, KEEP_ALIVE_S = 60 };

#define MS_NS INT64_C(1000000)

struct client {
	struct mosquitto *mosquitto;
	int qos;
	int window;
	int under_way;
	bool connected, subscribed;
	client_taker *take;
	void *context;
};

static void check(int rc)
{
	if (rc != MOSQ_ERR_SUCCESS)
		load_fail("libmosquitto: %s", mosquitto_strerror(rc));
}

/* ---- what libmosquitto calls ---- */

static void on_connect(struct mosquitto *mosquitto, void *context, int rc, int flags,
		       const mosquitto_property *properties)
{
	struct client *client = context;

	(void)mosquitto;
	(void)flags;
	(void)properties;
	if (rc != 0)
		load_fail("libmosquitto: the broker refuses: %s", mosquitto_reason_string(rc));
	client->connected = true;
}

static void on_publish(struct mosquitto *mosquitto, void *context, int mid)
{
	struct client *client = context;

	(void)mosquitto;
	(void)mid;
	client->under_way--;
}

static void on_subscribe(struct mosquitto *mosquitto, void *context, int mid, int count,
			 const int *granted)
{
	struct client *client = context;

	(void)mosquitto;
	(void)mid;
	if (count != 1 || granted[0] != client->qos)
		load_fail("libmosquitto: not subscribed");
	client->subscribed = true;
}

static void on_message(struct mosquitto *mosquitto, void *context,
		       const struct mosquitto_message *message)
{
	struct client *client = context;

	(void)mosquitto;
	client->take(client->context, message->payload, (size_t)message->payloadlen);
}

/* ---- the connection ---- */

static void create(struct client *client, const struct load *load)
{
	struct mosquitto *mosquitto = mosquitto_new(NULL, true, client);

	if (mosquitto == NULL)
		load_fail("libmosquitto: no memory");
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5));
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_TCP_NODELAY, load->nodelay));
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_SEND_MAXIMUM, client->window));
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_RECEIVE_MAXIMUM, RECEIVE_MAXIMUM));
	if (load->ca_file != NULL)
		check(mosquitto_tls_set(mosquitto, load->ca_file, NULL, NULL, NULL, NULL));
	mosquitto_connect_v5_callback_set(mosquitto, on_connect);
	mosquitto_publish_callback_set(mosquitto, on_publish);
	mosquitto_subscribe_callback_set(mosquitto, on_subscribe);
	mosquitto_message_callback_set(mosquitto, on_message);
	client->mosquitto = mosquitto;
}

struct client *client_open(const struct load *load)
{
	struct client *client = calloc(1, sizeof *client);

	if (load->store != NULL)
		load_fail("libmosquitto keeps nothing");
	if (client == NULL)
		load_fail("no memory");
	client->qos = load->qos;
	client->window = load->window > 0 ? load->window : USUAL_WINDOW;
	mosquitto_lib_init();
	create(client, load);
	check(mosquitto_connect(client->mosquitto, "localhost", load->port, KEEP_ALIVE_S));
	while (!client->connected)
		check(mosquitto_loop(client->mosquitto, LOOK_MS, 1));
	return client;
}

void client_close(struct client *client)
{
	check(mosquitto_disconnect(client->mosquitto));
	mosquitto_destroy(client->mosquitto);
	mosquitto_lib_cleanup();
	free(client);
}

/* ---- publishing ---- */

/* Until no more than so many are under way. */
static void make_room(struct client *client, int wanted)
{
	while (client->under_way > wanted)
		check(mosquitto_loop(client->mosquitto, LOOK_MS, 1));
}

/* A full window is waited for until it is half empty, so that acknowledgements come in heaps. */
void client_publish(struct client *client, const char *topic, const void *payload, int size,
		    int qos)
{
	if (client->under_way >= client->window)
		make_room(client, client->window / 2);
	client->under_way++;
	check(mosquitto_publish(client->mosquitto, NULL, topic, size, payload, qos, false));
}

void client_finish(struct client *client)
{
	make_room(client, 0);
}

/* ---- receiving ---- */

void client_subscribe(struct client *client, const char *filter, client_taker *take, void *context)
{
	client->take = take;
	client->context = context;
	check(mosquitto_subscribe(client->mosquitto, NULL, filter, client->qos));
	while (!client->subscribed)
		check(mosquitto_loop(client->mosquitto, LOOK_MS, 1));
}

/* Its own waiting is in milliseconds, which is enough to receive, but too coarse for a pace. */
void client_work_until(struct client *client, int64_t moment_ns)
{
	int64_t left;

	if (client->take == NULL)
		while (load_readable(mosquitto_socket(client->mosquitto), moment_ns))
			check(mosquitto_loop(client->mosquitto, 0, 1));
	while ((left = moment_ns - load_now_ns()) > 0)
		check(mosquitto_loop(client->mosquitto, (int)(left / MS_NS + 1), 1));
}
