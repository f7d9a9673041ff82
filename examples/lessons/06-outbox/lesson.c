/* SPDX-License-Identifier: MIT
 *
 * Lesson 6: a publisher that may be killed at any moment, and loses nothing.
 * Usage: lesson-06 [BROKER-URI [OUTBOX-FILE [FROM TO]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#define FOR_EVER (-1)

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-06: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static iotkit *client(const char *uri, const char *outbox)
{
	iotkit *iot = NULL;

	check(iotkit_open(uri, &iot));
	/* Exactly once needs a session that is found again (lesson 5), and so a lasting id. */
	check(iotkit_set_option(iot, "mqtt.client_id", "lesson-06"));
	check(iotkit_set_option(iot, "outbox.path", outbox));
	check(iotkit_connect(iot, 0)); /* begins to connect, and does not wait for it */
	return iot;
}

static void tell_waiting(iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof(stats)};

	check(iotkit_get_stats(iot, &stats));
	printf("waiting from before: %d\n", (int)stats.waiting);
}

static void publish(iotkit *iot, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	/* When this returns, the message is in the file, whether there is a broker or not. */
	check(iotkit_publish(iot, "lesson/06/number", text, strlen(text), 2, 0, NULL));
	printf("accepted: %s\n", text);
}

int main(int argc, char **argv)
{
	const char *outbox = argc > 2 ? argv[2] : "lesson-06.outbox";
	long from = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
	long to = argc > 4 ? strtol(argv[4], NULL, 10) : 0; /* none */
	iotkit *iot = client(argc > 1 ? argv[1] : "mqtt://localhost:1883", outbox);

	tell_waiting(iot);
	for (long number = from; number <= to; number++)
		publish(iot, number);
	check(iotkit_flush(iot, FOR_EVER));
	puts("the broker has them all");
	check(iotkit_disconnect(iot, 10000));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
