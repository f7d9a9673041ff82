/* SPDX-License-Identifier: MIT
 *
 * Lesson 7: what a user may do, and how one learns that it was refused.
 * Usage: lesson-07 BROKER-URI write TOPIC QOS     publish once, say what became of it
 *        lesson-07 BROKER-URI read FILTER         subscribe, print what comes until Ctrl-C
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
	fprintf(stderr, "lesson-07: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* When the session has ended for good, as by a password that is no longer right. */
static void check_alive(const iotkit_event *event)
{
	if (event->type == IOTKIT_EVENT_DISCONNECTED && event->retry_ms < 0) {
		fprintf(stderr, "lesson-07: %s\n", event->text);
		exit(EXIT_FAILURE);
	}
}

/* With QoS 1 DELIVERED means that the broker has acknowledged it; with QoS 0, that it is sent. */
static int write_once(iotkit *iot, const char *topic, int32_t qos)
{
	const iotkit_event *event;

	check(iotkit_publish(iot, topic, "hello", strlen("hello"), qos, 0, NULL));
	while ((event = iotkit_next_event(iot, -1)) != NULL) {
		check_alive(event);
		if (event->type == IOTKIT_EVENT_DROPPED) {
			printf("refused: %s\n", event->text);
			return EXIT_FAILURE;
		}
		if (event->type == IOTKIT_EVENT_DELIVERED) {
			printf("%s: %s\n", qos == 0 ? "sent" : "acknowledged", event->topic);
			return EXIT_SUCCESS;
		}
	}
	return EXIT_FAILURE;
}

static int read_on(iotkit *iot, const char *filter)
{
	const iotkit_event *event;

	check(iotkit_subscribe(iot, filter, 1));
	while ((event = iotkit_next_event(iot, -1)) != NULL) {
		check_alive(event);
		if (event->type == IOTKIT_EVENT_SUBSCRIBED)
			printf("%s: %s\n", event->status ? "refused" : "granted", filter);
		if (event->type == IOTKIT_EVENT_MESSAGE)
			printf("read: %s %s\n", event->topic, (const char *)event->payload);
	}
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	int writes = argc == 5 && strcmp(argv[2], "write") == 0;
	iotkit *iot = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!writes && (argc != 4 || strcmp(argv[2], "read") != 0))
		return fputs("usage: lesson-07 BROKER-URI write TOPIC QOS | read FILTER\n", stderr),
		       2;
	check(iotkit_open(argv[1], &iot));
	check(iotkit_connect(iot, 10000));
	int result = writes ? write_once(iot, argv[3], atoi(argv[4])) : read_on(iot, argv[3]);
	iotkit_close(iot);
	return result;
}
