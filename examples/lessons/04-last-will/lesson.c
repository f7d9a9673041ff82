/* SPDX-License-Identifier: MIT
 *
 * Lesson 4: a program whose end is known to all, however it ends.
 * Usage: lesson-04 [BROKER-URI [KEEP-ALIVE-IN-SECONDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iotkit.h>

#define TOPIC "lesson/04/status"
#define QOS 1
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
	check(iotkit_publish(iot, TOPIC, status, strlen(status), QOS, RETAINED, NULL));
	check(iotkit_flush(iot, 10000));
	printf("%s is now: %s\n", TOPIC, status);
}

/* Until there is a line on standard input, or its end. */
static void wait_for_enter(void)
{
	int c = 0;

	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

int main(int argc, char **argv)
{
	static const char will[] = "vanished";
	iotkit *iot = NULL;

	check(iotkit_open(argc > 1 ? argv[1] : "mqtt://localhost:1883", &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", "lesson-04"));
	check(iotkit_set_option(iot, "mqtt.keepalive_s", argc > 2 ? argv[2] : "60"));
	/* The broker gets the will when we connect, and keeps it for when we cannot speak. */
	check(iotkit_set_will(iot, TOPIC, will, strlen(will), QOS, RETAINED));
	check(iotkit_connect(iot, 10000));
	tell_status(iot, "online");

	printf("Enter ends this program; kill -9 %ld does too\n", (long)getpid());
	wait_for_enter();

	/* Who says goodbye leaves no will, so this has to be told, too. */
	tell_status(iot, "offline");
	check(iotkit_disconnect(iot, 10000));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
