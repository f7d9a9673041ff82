/* SPDX-License-Identifier: MIT
 *
 * Lesson 8: connect by TLS, publish once, and tell in whole sentences what happened.
 * Usage: lesson-08 BROKER-URI, as in: lesson-08 'mqtts://localhost:8883?tls.ca_file=ca.crt'
 */
#include <stdio.h>
#include <stdlib.h>

#include <iotkit.h>

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "%s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* One attempt is enough to learn from. The library itself goes on while time may mend it. */
static int tell_failure(const iotkit_event *event)
{
	fprintf(stderr, "%s\n", event->text);
	fprintf(stderr, "(%s; %s)\n", iotkit_strerror(event->status),
		event->retry_ms < 0 ? "trying again cannot mend it"
				    : "the library would try again");
	return EXIT_FAILURE;
}

/* True when that was all. Warnings, as of a certificate that expires next week, are LOG events. */
static int take(const iotkit_event *event, int *result)
{
	switch (event->type) {
	case IOTKIT_EVENT_LOG:
		fprintf(stderr, "warning: %s\n", event->text);
		return 0;
	case IOTKIT_EVENT_CONNECTED:
		printf("%s\n", event->text);
		return 0;
	case IOTKIT_EVENT_DELIVERED:
		printf("the broker has it: %s\n", event->topic);
		*result = EXIT_SUCCESS;
		return 1;
	case IOTKIT_EVENT_DISCONNECTED:
		*result = tell_failure(event);
		return 1;
	default:
		return 0;
	}
}

int main(int argc, char **argv)
{
	const iotkit_event *event;
	int result = EXIT_FAILURE;
	iotkit *iot = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	check(iotkit_open(argc > 1 ? argv[1] : "mqtts://localhost:8883", &iot));
	check(iotkit_publish_metric(iot, "greenhouse", "temperature", 23.5, "Cel", 0));
	/* 0: do not wait. What becomes of it is told by events. */
	check(iotkit_connect(iot, 0));
	do
		event = iotkit_next_event(iot, -1);
	while (event != NULL && !take(event, &result));
	iotkit_close(iot);
	return result;
}
