/* SPDX-License-Identifier: MIT
 *
 * Publishes through libiotkit, with nobody to send to, from one thread or several.
 */
#include <pthread.h>
#include <stdlib.h>

#include "open_iotkit.h"

struct publisher {
	const struct backlog *backlog;
	iotkit *iot;
	const char *payload;
	struct tenths tenths; /* of this publisher's share */
	long accepted;
	pthread_t thread;
};

static void *publish(void *context)
{
	struct publisher *publisher = context;
	const struct backlog *backlog = publisher->backlog;

	while (publisher->accepted < publisher->tenths.messages && !backlog_late(backlog)) {
		check_iotkit(iotkit_publish(publisher->iot, BACKLOG_TOPIC, publisher->payload,
					    (size_t)backlog->payload, backlog->qos, 0, NULL));
		publisher->accepted++;
		if (backlog->threads == 1)
			tenths_note(&publisher->tenths, publisher->accepted);
	}
	return NULL;
}

/* Returns how many were accepted. */
static long publish_all(const struct backlog *backlog, iotkit *iot)
{
	struct publisher *publishers = calloc((size_t)backlog->threads, sizeof *publishers);
	char *payload = backlog_payload(backlog);
	long accepted = 0;

	for (int i = 0; publishers != NULL && i < backlog->threads; i++) {
		publishers[i] = (struct publisher){
			.backlog = backlog,
			.iot = iot,
			.payload = payload,
			.tenths.messages = backlog->messages / backlog->threads,
		};
		if (pthread_create(&publishers[i].thread, NULL, publish, &publishers[i]) != 0)
			load_fail("no thread");
	}
	for (int i = 0; publishers != NULL && i < backlog->threads; i++) {
		pthread_join(publishers[i].thread, NULL);
		accepted += publishers[i].accepted;
	}
	free(publishers);
	free(payload);
	return accepted;
}

int main(int argc, char **argv)
{
	struct backlog backlog;

	backlog_parse(&backlog, argc, argv);
	iotkit *iot = open_iotkit(&backlog);
	report_moment("begin");
	long accepted = publish_all(&backlog, iot);
	report_moment("end");
	report_number("accepted", accepted);
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
