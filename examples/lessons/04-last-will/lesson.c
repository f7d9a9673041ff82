/* SPDX-License-Identifier: MIT
 *
 * Lesson 4: a program whose end is known to all, however it ends.
 * Usage: lesson-04 [BROKER-URI [KEEP-ALIVE-IN-SECONDS]]
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iotkit.h>

#define TOPIC "lesson/04/status"
#define RETAINED 1

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-04: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static void tell_status(iotkit *iot, const char *status)
{
	check(iotkit_publish(iot, TOPIC, status, strlen(status), 1, RETAINED, NULL));
	check(iotkit_flush(iot, 10000));
	printf("told: %s\n", status);
}

/* Until there is something on standard input. Whenever we were gone, the broker has published
 * the will: so it is told after each connect that we are here. */
static void stay(iotkit *iot)
{
	struct pollfd waiting[] = {{STDIN_FILENO, POLLIN, 0}, {iotkit_event_fd(iot), POLLIN, 0}};
	const iotkit_event *event = NULL;

	while (waiting[0].revents == 0) {
		if (poll(waiting, 2, -1) < 0) {
			perror("lesson-04: poll");
			exit(EXIT_FAILURE);
		}
		while ((event = iotkit_next_event(iot, 0)) != NULL)
			if (event->type == IOTKIT_EVENT_CONNECTED)
				tell_status(iot, "online");
	}
}

int main(int argc, char **argv)
{
	iotkit *iot = NULL;

	check(iotkit_open(argc > 1 ? argv[1] : "mqtt://localhost:1883", &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", "lesson-04"));
	check(iotkit_set_option(iot, "mqtt.keepalive_s", argc > 2 ? argv[2] : "60"));
	/* The broker gets it when we connect, and keeps it for when we cannot speak. */
	check(iotkit_set_will(iot, TOPIC, "vanished", strlen("vanished"), 1, RETAINED));
	check(iotkit_connect(iot, 10000));

	printf("Enter ends this program; kill -9 %ld does too\n", (long)getpid());
	stay(iot);

	/* Who says goodbye leaves no will, so this has to be told as well. */
	tell_status(iot, "offline");
	check(iotkit_disconnect(iot, 10000));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
