/* SPDX-License-Identifier: MIT
 *
 * Lesson 9: see each packet between this program and its broker.
 * Usage: lesson-09 [BROKER-URI]
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
	fprintf(stderr, "lesson-09: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* Print the packets as they go, until an event of this type has come. */
static void watch(iotkit *iot, int32_t until)
{
	const iotkit_event *event;

	do {
		event = iotkit_next_event(iot, 10000);
		if (event == NULL) {
			fprintf(stderr, "lesson-09: no %s came in 10 s\n",
				iotkit_event_name(until));
			exit(EXIT_FAILURE);
		}
		if (event->type == IOTKIT_EVENT_TRACE)
			printf("  %s\n", event->text);
	} while (event->type != until);
}

static void publish(iotkit *iot, const char *text, int32_t qos)
{
	printf("publish at QoS %d:\n", (int)qos);
	check(iotkit_publish(iot, "lesson/09/a", text, strlen(text), qos, 0, NULL));
	watch(iot, IOTKIT_EVENT_DELIVERED);
}

/* What is left, once there is no connection any more. */
static void watch_rest(iotkit *iot)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(iot, 0)) != NULL)
		if (event->type == IOTKIT_EVENT_TRACE)
			printf("  %s\n", event->text);
}

int main(int argc, char **argv)
{
	iotkit *iot = NULL;

	check(iotkit_open(argc > 1 ? argv[1] : "mqtt://localhost:1883", &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", "lesson-09"));
	check(iotkit_set_option(iot, "mqtt.clean_start", "on"));
	check(iotkit_set_option(iot, "trace", "packets"));
	puts("connect:");
	check(iotkit_connect(iot, 10000));
	watch(iot, IOTKIT_EVENT_CONNECTED);
	publish(iot, "nought", 0);
	publish(iot, "one", 1);
	publish(iot, "two", 2);
	puts("subscribe, and publish once more:");
	check(iotkit_subscribe(iot, "lesson/09/#", 1));
	watch(iot, IOTKIT_EVENT_SUBSCRIBED);
	check(iotkit_publish(iot, "lesson/09/b", "to me", 5, 1, 0, NULL));
	watch(iot, IOTKIT_EVENT_MESSAGE);
	puts("disconnect:");
	check(iotkit_disconnect(iot, 10000));
	watch_rest(iot);
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
