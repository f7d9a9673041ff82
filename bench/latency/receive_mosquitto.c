/* SPDX-License-Identifier: MIT
 *
 * Receives through libmosquitto, in the thread that the program has.
 */
#include <mosquitto.h>
#include <stdlib.h>

#include "arrival.h"

enum { LOOK_MS = 50 };

static void check(int rc)
{
	if (rc != MOSQ_ERR_SUCCESS)
		load_fail("libmosquitto: %s", mosquitto_strerror(rc));
}

static void on_connect(struct mosquitto *mosquitto, void *context, int rc)
{
	const struct load *load = context;

	if (rc != 0)
		load_fail("libmosquitto: the broker refuses: %s", mosquitto_reason_string(rc));
	check(mosquitto_subscribe(mosquitto, NULL, LOAD_TOPIC, load->qos));
}

static void on_subscribe(struct mosquitto *mosquitto, void *context, int mid, int count,
			 const int *granted)
{
	(void)mosquitto;
	(void)context;
	(void)mid;
	(void)count;
	(void)granted;
	arrival_ready();
}

static void on_message(struct mosquitto *mosquitto, void *context,
		       const struct mosquitto_message *message)
{
	(void)mosquitto;
	(void)context;
	arrival_note(message->payload, (size_t)message->payloadlen);
}

int main(int argc, char **argv)
{
	struct load load;

	arrival_begin(argc, argv, &load);
	mosquitto_lib_init();
	struct mosquitto *mosquitto = mosquitto_new(NULL, true, &load);
	if (mosquitto == NULL)
		load_fail("libmosquitto: no memory");
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5));
	check(mosquitto_int_option(mosquitto, MOSQ_OPT_TCP_NODELAY, load.nodelay));
	mosquitto_connect_callback_set(mosquitto, on_connect);
	mosquitto_subscribe_callback_set(mosquitto, on_subscribe);
	mosquitto_message_callback_set(mosquitto, on_message);
	check(mosquitto_connect(mosquitto, "localhost", load.port, 60));
	while (!arrival_is_done())
		check(mosquitto_loop(mosquitto, LOOK_MS, 1));
	arrival_report();
	check(mosquitto_disconnect(mosquitto));
	mosquitto_destroy(mosquitto);
	mosquitto_lib_cleanup();
	return EXIT_SUCCESS;
}
