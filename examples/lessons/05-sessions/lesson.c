/* SPDX-License-Identifier: MIT
 *
 * Lesson 5: a subscriber who is away now and then, and what the broker keeps for it.
 * Usage: lesson-05 [BROKER-URI [persistent | clean]]
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
	fprintf(stderr, "lesson-05: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* The broker knows a session by its client's id, so a session that is to be found again needs
 * one that stays the same. */
static iotkit *client(const char *uri, int persistent)
{
	iotkit *iot = NULL;

	check(iotkit_open(uri, &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", "lesson-05"));
	check(iotkit_set_option(iot, "mqtt.clean_start", persistent ? "off" : "on"));
	check(iotkit_set_option(iot, "mqtt.session_expiry_s", persistent ? "3600" : "0"));
	check(iotkit_subscribe(iot, "lesson/05/news", 1));
	return iot;
}

/* Tell what happens, until a message says "bye". */
static void listen(iotkit *iot)
{
	const iotkit_event *event = NULL;

	while ((event = iotkit_next_event(iot, -1)) != NULL) {
		switch (event->type) {
		case IOTKIT_EVENT_CONNECTED:
			printf("connected: %s\n",
			       event->retain ? "the broker knew the session" : "a new session");
			break;
		case IOTKIT_EVENT_DISCONNECTED:
			printf("disconnected: %s\n", event->text);
			break;
		case IOTKIT_EVENT_MESSAGE:
			printf("got: %s\n", (const char *)event->payload);
			if (strcmp(event->payload, "bye") == 0)
				return;
			break;
		default:
			break;
		}
	}
}

int main(int argc, char **argv)
{
	const char *uri = argc > 1 ? argv[1] : "mqtt://localhost:1883";
	iotkit *iot = client(uri, argc <= 2 || strcmp(argv[2], "clean") != 0);

	check(iotkit_connect(iot, 10000)); /* from here on it reconnects by itself */
	listen(iot);
	check(iotkit_disconnect(iot, 10000));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
