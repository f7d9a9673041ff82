/* SPDX-License-Identifier: MIT
 *
 * Lesson 11: have a board do something.
 * Usage: lesson-11 BROKER-URI BOARD PORT-URI [COMMAND VALUE]...
 * Gives the board each command, and ends when it is known what became of them. Without any it
 * tells of those that come by MQTT, until Ctrl-C.
 */
#include <stdio.h>
#include <stdlib.h>

#include <iotkit.h>

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-11: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* OK only when the board itself has said that it has done it. */
static void tell(const iotkit_event *event)
{
	switch (event->type) {
	case IOTKIT_EVENT_COMMAND:
		printf("%s %s, %s: %s\n", event->topic, (const char *)event->payload,
		       event->id == 0 ? "by MQTT" : "by us",
		       event->status == IOTKIT_OK ? "done" : event->text);
		break;
	case IOTKIT_EVENT_DEVICE_ONLINE:
	case IOTKIT_EVENT_DEVICE_OFFLINE:
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
	int failed = 0, waiting = 0;
	iotkit *iot = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4 || argc % 2 != 0) {
		fputs("usage: lesson-11 BROKER-URI BOARD PORT-URI [COMMAND VALUE]...\n", stderr);
		return 2;
	}
	check(iotkit_open(argv[1], &iot));
	check(iotkit_add_device(iot, argv[2], argv[3]));
	check(iotkit_connect(iot, 10000));
	/* The board need not be there yet: it gets them when it comes. */
	for (int i = 4; i < argc; i += 2, waiting++)
		check(iotkit_send_command(iot, argv[2], argv[i], argv[i + 1], NULL));
	while ((argc == 4 || waiting > 0) && (event = iotkit_next_event(iot, -1)) != NULL) {
		tell(event);
		waiting -= event->type == IOTKIT_EVENT_COMMAND;
		failed += event->type == IOTKIT_EVENT_COMMAND && event->status != IOTKIT_OK;
	}
	/* The state that the board has reported is on its way to the broker. */
	check(iotkit_disconnect(iot, 10000));
	iotkit_close(iot);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
