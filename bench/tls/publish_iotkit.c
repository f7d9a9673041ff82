/* SPDX-License-Identifier: MIT
 *
 * Publishes through libiotkit, and prints when it began and when all was
 * acknowledged, in nanoseconds.
 */
#include <inttypes.h>
#include <iotkit.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { PATIENCE_MS = 60000, ROOM_MS = 10 };

static void check(iotkit_status status)
{
	if (status != IOTKIT_OK)
		load_fail("libiotkit: %s", iotkit_last_error());
}

static iotkit *open_and_connect(const struct load *load)
{
	char uri[64], window[16];
	iotkit *iot = NULL;

	snprintf(uri, sizeof uri, "%s://localhost:%d", load->ca_file != NULL ? "mqtts" : "mqtt",
		 load->port);
	check(iotkit_open(uri, &iot));
	if (load->ca_file != NULL)
		check(iotkit_set_option(iot, "tls.ca_file", load->ca_file));
	if (load->window > 0) {
		snprintf(window, sizeof window, "%d", load->window);
		check(iotkit_set_option(iot, "mqtt.window", window));
	}
	check(iotkit_connect(iot, PATIENCE_MS));
	return iot;
}

static void publish(iotkit *iot, const char *topic, const char *payload, int size, int qos)
{
	iotkit_status status;

	for (;;) {
		status = iotkit_publish(iot, topic, payload, (size_t)size, qos, 0, NULL);
		if (status != IOTKIT_EFULL)
			break;
		iotkit_flush(iot, ROOM_MS);
	}
	check(status);
}

/* Its last message is acknowledged, so that nothing of it is under way any more. */
static void warm_up(iotkit *iot, const struct load *load, const char *payload)
{
	for (long i = 0; i < load->warm_up; i++)
		publish(iot, LOAD_WARM_UP_TOPIC, payload, load->payload, load->qos);
	publish(iot, LOAD_WARM_UP_TOPIC, payload, load->payload, 1);
	check(iotkit_flush(iot, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	struct load load;

	load_parse(&load, argc, argv);
	char *payload = load_payload(&load);
	iotkit *iot = open_and_connect(&load);
	warm_up(iot, &load, payload);
	int64_t begin = load_now_ns();
	for (long i = 0; i < load.messages; i++)
		publish(iot, LOAD_TOPIC, payload, load.payload, load.qos);
	check(iotkit_flush(iot, PATIENCE_MS));
	int64_t end = load_now_ns();
	printf("%" PRId64 " %" PRId64 "\n", begin, end);
	check(iotkit_disconnect(iot, PATIENCE_MS));
	iotkit_close(iot);
	free(payload);
	return EXIT_SUCCESS;
}
