/* SPDX-License-Identifier: MIT
 *
 * Lesson 2: each QoS to publish with, and each to subscribe with.
 * Usage: lesson-02 [BROKER-URI]
 */
#include <stdio.h>
#include <stdlib.h>

#include <iotkit.h>

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-02: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static iotkit *client(const char *uri, const char *name)
{
	iotkit *iot = NULL;

	check(iotkit_open(uri, &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", name));
	check(iotkit_set_option(iot, "mqtt.clean_start", "on"));
	check(iotkit_connect(iot, 10000));
	return iot;
}

/* Wait for an event of this type; others are passed over. */
static const iotkit_event *await(iotkit *iot, int32_t type)
{
	const iotkit_event *event = NULL;

	do {
		event = iotkit_next_event(iot, 10000);
		if (event == NULL) {
			fprintf(stderr, "lesson-02: nothing came in 10 s\n");
			exit(EXIT_FAILURE);
		}
	} while (event->type != type);
	return event;
}

static void publish_each(iotkit *publisher, iotkit *subscriber, const char *topic)
{
	for (int32_t qos = 0; qos <= 2; qos++) {
		check(iotkit_publish(publisher, topic, "open", 4, qos, 0, NULL));
		check(iotkit_flush(publisher, 10000));
		printf("  published with QoS %d, came with QoS %d\n", (int)qos,
		       (int)await(subscriber, IOTKIT_EVENT_MESSAGE)->qos);
	}
}

int main(int argc, char **argv)
{
	/* The subscribers' client ids, and each one's topic. */
	static const char *const names[] = {"lesson/02/2", "lesson/02/1", "lesson/02/0"};
	iotkit *subscribers[3];
	const char *uri = argc > 1 ? argv[1] : "mqtt://localhost:1883";
	iotkit *publisher = client(uri, "lesson-02-publisher");

	for (int32_t i = 0; i < 3; i++) {
		subscribers[i] = client(uri, names[i]);
		check(iotkit_subscribe(subscribers[i], names[i], 2 - i));
		printf("subscribed with QoS %d\n",
		       (int)await(subscribers[i], IOTKIT_EVENT_SUBSCRIBED)->qos);
		publish_each(publisher, subscribers[i], names[i]);
	}
	for (int32_t i = 0; i < 3; i++) {
		check(iotkit_disconnect(subscribers[i], 10000));
		iotkit_close(subscribers[i]);
	}
	check(iotkit_disconnect(publisher, 10000));
	iotkit_close(publisher);
	return EXIT_SUCCESS;
}
