/* SPDX-License-Identifier: MIT
 *
 * Lesson 1: a publisher, and a subscriber who comes late.
 * Usage: lesson-01 [BROKER-URI]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-01: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static iotkit *client(const char *uri, const char *name)
{
	iotkit *iot = NULL;

	check(iotkit_open(uri, &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", name));
	/* Nothing from an earlier run: lesson 5 is about sessions. */
	check(iotkit_set_option(iot, "mqtt.clean_start", "on"));
	return iot;
}

static void publish(iotkit *iot, const char *topic, const char *text, int32_t retain)
{
	printf("publisher:  %s on %s%s\n", text, topic, retain ? ", retained" : "");
	check(iotkit_publish(iot, topic, text, strlen(text), 1, retain, NULL));
	check(iotkit_flush(iot, 10000)); /* the broker has it */
}

/* Wait for the next message; all other events are passed over. */
static void receive(iotkit *iot)
{
	const iotkit_event *event = NULL;

	do {
		event = iotkit_next_event(iot, 10000);
		if (event == NULL) {
			fprintf(stderr, "lesson-01: no message came in 10 s\n");
			exit(EXIT_FAILURE);
		}
	} while (event->type != IOTKIT_EVENT_MESSAGE);
	printf("subscriber: %s on %s%s\n", (const char *)event->payload, event->topic,
	       event->retain ? ", kept from before" : "");
}

int main(int argc, char **argv)
{
	const char *uri = argc > 1 ? argv[1] : "mqtt://localhost:1883";
	iotkit *publisher = client(uri, "lesson-01-publisher");
	iotkit *subscriber = client(uri, "lesson-01-subscriber");

	check(iotkit_connect(publisher, 10000));
	publish(publisher, "lesson/01/kitchen/temperature", "20", 0);
	publish(publisher, "lesson/01/cellar/temperature", "11", 1);

	puts("subscriber: comes late, and wants lesson/01/+/temperature");
	check(iotkit_subscribe(subscriber, "lesson/01/+/temperature", 1));
	check(iotkit_connect(subscriber, 10000));
	receive(subscriber);

	publish(publisher, "lesson/01/kitchen/humidity", "55", 0);
	publish(publisher, "lesson/01/kitchen/oven/temperature", "180", 0);
	publish(publisher, "lesson/01/kitchen/temperature", "21", 0);
	receive(subscriber);

	check(iotkit_disconnect(subscriber, 10000));
	check(iotkit_disconnect(publisher, 10000));
	iotkit_close(subscriber);
	iotkit_close(publisher);
	return EXIT_SUCCESS;
}
