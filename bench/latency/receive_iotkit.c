/* SPDX-License-Identifier: MIT
 *
 * Receives through libiotkit.
 */
#include <iotkit.h>
#include <stdio.h>
#include <stdlib.h>

#include "arrival.h"

enum { PATIENCE_MS = 10000, LOOK_MS = 50 };

static void check(iotkit_status status)
{
	if (status != IOTKIT_OK)
		load_fail("libiotkit: %s", iotkit_last_error());
}

static void understand(const iotkit_event *event)
{
	if (event->type == IOTKIT_EVENT_SUBSCRIBED)
		arrival_ready();
	else if (event->type == IOTKIT_EVENT_MESSAGE)
		arrival_note(event->payload, event->payload_size);
}

int main(int argc, char **argv)
{
	const iotkit_event *event;
	iotkit *iot = NULL;
	struct load load;
	char uri[64];

	arrival_begin(argc, argv, &load);
	snprintf(uri, sizeof uri, "mqtt://localhost:%d", load.port);
	check(iotkit_open(uri, &iot));
	check(iotkit_connect(iot, PATIENCE_MS));
	check(iotkit_subscribe(iot, LOAD_TOPIC, load.qos));
	while (!arrival_is_done())
		if ((event = iotkit_next_event(iot, LOOK_MS)) != NULL)
			understand(event);
	arrival_report();
	check(iotkit_disconnect(iot, PATIENCE_MS));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
