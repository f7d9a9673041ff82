/* SPDX-License-Identifier: MIT
 *
 * Lesson 3: what a connection costs on which nothing is said.
 * Usage: lesson-03 [BROKER-URI [KEEP-ALIVE-IN-SECONDS]]
 */
#include <stdio.h>
#include <stdlib.h>

#include <iotkit.h>

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-03: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static iotkit_stats count(iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof(stats)};

	check(iotkit_get_stats(iot, &stats));
	return stats;
}

/* Wait until a ping and its answer have passed, and count their bytes. */
static int measure_ping(iotkit *iot)
{
	iotkit_stats before = count(iot);
	iotkit_stats now = before;
	int sent, received;

	while (now.bytes_received == before.bytes_received) {
		const iotkit_event *event = iotkit_next_event(iot, 200);

		if (event != NULL && event->type == IOTKIT_EVENT_DISCONNECTED)
			printf("disconnected: %s\n", event->text);
		now = count(iot);
		if (!now.connected || now.connects != before.connects)
			before = now; /* a new connection is no ping */
	}
	sent = (int)(now.bytes_sent - before.bytes_sent);
	received = (int)(now.bytes_received - before.bytes_received);
	printf("a ping: %d bytes sent, %d received\n", sent, received);
	return sent + received;
}

static void tell_day(int keepalive_s, int bytes)
{
	int pings = 24 * 60 * 60 / keepalive_s;
	int packets = 3 * pings; /* there, back, acknowledged */

	printf("every %d s: %d pings, %d bytes, %d with TCP and IP\n", keepalive_s, pings,
	       pings * bytes, pings * bytes + packets * (20 + 32));
}

int main(int argc, char **argv)
{
	const char *keepalive_s = argc > 2 ? argv[2] : "60";
	iotkit *iot = NULL;
	int bytes;

	check(iotkit_open(argc > 1 ? argv[1] : "mqtt://localhost:1883", &iot));
	check(iotkit_set_option(iot, "mqtt.client_id", "lesson-03"));
	check(iotkit_set_option(iot, "mqtt.keepalive_s", keepalive_s));
	check(iotkit_connect(iot, 10000));
	printf("connected, with a keep-alive of %s s\n", keepalive_s);
	measure_ping(iot);
	bytes = measure_ping(iot);
	puts("a day on which nothing else is said:");
	tell_day(15, bytes);
	tell_day(60, bytes);
	tell_day(600, bytes);
	check(iotkit_disconnect(iot, 10000));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
