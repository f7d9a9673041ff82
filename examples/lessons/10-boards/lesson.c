/* SPDX-License-Identifier: MIT
 *
 * Lesson 10: read a board. Prints what it measures, and that it comes and goes, until Ctrl-C.
 * Usage: lesson-10 BROKER-URI NAME PORT-URI, as in:
 *        lesson-10 mqtt://localhost greenhouse 'serial:/dev/ttyACM0?baud=115200'
 */
#include <stdio.h>
#include <stdlib.h>

#include <iotkit.h>

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-10: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* Nothing here publishes: the library does, to iotkit/NAME/... */
static void tell(const iotkit_event *event)
{
	switch (event->type) {
	case IOTKIT_EVENT_DEVICE_ONLINE:
		printf("%s is online: %s\n", event->device, event->text);
		break;
	case IOTKIT_EVENT_DEVICE_OFFLINE:
		printf("%s is offline: %s\n", event->device, event->text);
		break;
	case IOTKIT_EVENT_METRIC:
		printf("%s %s %g%s%s\n", event->device, event->topic, event->value,
		       event->unit != NULL ? " " : "", event->unit != NULL ? event->unit : "");
		break;
	case IOTKIT_EVENT_CONNECTED:
	case IOTKIT_EVENT_DISCONNECTED:
	case IOTKIT_EVENT_LOG:
		printf("# %s\n", event->text);
		break;
	default:
		break;
	}
}

int main(int argc, char **argv)
{
	const iotkit_event *event;
	iotkit *iot = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 4) {
		fputs("usage: lesson-10 BROKER-URI NAME PORT-URI\n", stderr);
		return 2;
	}
	check(iotkit_open(argv[1], &iot));
	check(iotkit_set_option(iot, "events.metrics", "on"));
	check(iotkit_add_device(iot, argv[2], argv[3]));
	/* 0: do not wait. Until there is a broker, what is measured waits in the outbox. */
	check(iotkit_connect(iot, 0));
	while ((event = iotkit_next_event(iot, -1)) != NULL)
		tell(event);
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
