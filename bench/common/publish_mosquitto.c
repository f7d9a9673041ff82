/* SPDX-License-Identifier: MIT
 *
 * Publishes through libmosquitto from one thread, which also reads what the broker
 * answers: with a thread of its own libmosquitto wakes that for each message, and is slower.
 */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { USUAL_WINDOW = 128, LOOK_MS = 1000 };

struct publisher {
	struct mosquitto *mosquitto;
	bool connected;
	int window;
	int under_way;
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
	struct publisher *publisher = context;

	(void)mosquitto;
	(void)flags;
	(void)properties;
	if (rc != 0)
		load_fail("libmosquitto: the broker refuses: %s", mosquitto_reason_string(rc));
	publisher->connected = true;
}

static void on_publish(struct mosquitto *mosquitto, void *context, int mid)
{
	struct publisher *publisher = context;

	(void)mosquitto;
	(void)mid;
	publisher->under_way--;
}

/* ---- the connection ---- */

static void create(struct publisher *publisher, const struct load *load)
{
	struct mosquitto *mosquitto = mosquitto_new(NULL, true, publisher);

	if (mosquitto == NULL)
		load_fail("libmosquitto: no memory");
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5));
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_TCP_NODELAY, load->nodelay));
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_SEND_MAXIMUM, publisher->window));
	if (load->ca_file != NULL)
		check(mosquitto_tls_set(mosquitto, load->ca_file, NULL, NULL, NULL, NULL));
	mosquitto_connect_v5_callback_set(mosquitto, on_connect);
	mosquitto_publish_callback_set(mosquitto, on_publish);
	publisher->mosquitto = mosquitto;
}

static void connect_now(struct publisher *publisher, const struct load *load)
{
	check(mosquitto_connect(publisher->mosquitto, "localhost", load->port, 60));
	while (!publisher->connected)
		check(mosquitto_loop(publisher->mosquitto, LOOK_MS, 1));
}

/* ---- publishing ---- */

/* Until no more than so many are under way. */
static void make_room(struct publisher *publisher, int wanted)
{
	while (publisher->under_way > wanted)
		check(mosquitto_loop(publisher->mosquitto, LOOK_MS, 1));
}

/* A full window is waited for until it is half empty, so that acknowledgements come in heaps. */
static void publish(void *context, const char *topic, const char *payload, int size, int qos)
{
	struct publisher *publisher = context;

	if (publisher->under_way >= publisher->window)
		make_room(publisher, publisher->window / 2);
	publisher->under_way++;
	check(mosquitto_publish(publisher->mosquitto, NULL, topic, size, payload, qos, false));
}

static void work_until(void *context, int64_t moment_ns)
{
	struct mosquitto *mosquitto = ((struct publisher *)context)->mosquitto;

	while (load_readable(mosquitto_socket(mosquitto), moment_ns))
		check(mosquitto_loop(mosquitto, 0, 1));
}

static void finish(void *context)
{
	make_room(context, 0);
}

int main(int argc, char **argv)
{
	const struct load_side side = {
		.publish = publish, .finish = finish, .work_until = work_until};
	struct publisher publisher = {.window = USUAL_WINDOW};
	struct load load;

	load_parse(&load, argc, argv);
	if (load.store != NULL)
		load_fail("libmosquitto keeps nothing");
	if (load.window > 0)
		publisher.window = load.window;
	mosquitto_lib_init();
	create(&publisher, &load);
	connect_now(&publisher, &load);
	load_run(&load, &side, &publisher);
	check(mosquitto_disconnect(publisher.mosquitto));
	mosquitto_destroy(publisher.mosquitto);
	mosquitto_lib_cleanup();
	return EXIT_SUCCESS;
}
