/* SPDX-License-Identifier: MIT
 *
 * Publishes through libiotkit. Its store is the file of outbox.path.
 */
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

static void set_option(iotkit *iot, const char *name, const char *value)
{
	if (value != NULL)
		check(iotkit_set_option(iot, name, value));
}

static iotkit *open_and_connect(const struct load *load)
{
	char uri[64], window[16];
	iotkit *iot = NULL;

	snprintf(uri, sizeof uri, "%s://localhost:%d", load->ca_file != NULL ? "mqtts" : "mqtt",
		 load->port);
	snprintf(window, sizeof window, "%d", load->window);
	check(iotkit_open(uri, &iot));
	set_option(iot, "tls.ca_file", load->ca_file);
	set_option(iot, "mqtt.window", load->window > 0 ? window : NULL);
	set_option(iot, "outbox.sync", load->sync);
	set_option(iot, "outbox.path", load->store);
	check(iotkit_connect(iot, PATIENCE_MS));
	return iot;
}

static void publish(void *context, const char *topic, const char *payload, int size, int qos)
{
	iotkit *iot = context;
	iotkit_status status;

	for (;;) {
		status = iotkit_publish(iot, topic, payload, (size_t)size, qos, 0, NULL);
		if (status != IOTKIT_EFULL)
			break;
		iotkit_flush(iot, ROOM_MS);
	}
	check(status);
}

static void finish(void *context)
{
	check(iotkit_flush(context, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	const struct load_side side = {.publish = publish, .finish = finish};
	struct load load;

	load_parse(&load, argc, argv);
	iotkit *iot = open_and_connect(&load);
	load_run(&load, &side, iot);
	check(iotkit_disconnect(iot, PATIENCE_MS));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
