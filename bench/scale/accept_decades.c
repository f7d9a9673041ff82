/* SPDX-License-Identifier: MIT
 *
 * Publishes through libiotkit into a file, with nobody to send to, and reports the moment and
 * the memory at 1, 10, 100 ... messages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "open_iotkit.h"

static void report_count(long count)
{
	char name[32];

	snprintf(name, sizeof name, "%ld", count);
	report_moment(name);
}

int main(int argc, char **argv)
{
	struct backlog backlog;
	long accepted = 0;

	backlog_parse(&backlog, argc, argv);
	iotkit *iot = open_iotkit(&backlog);
	char *payload = backlog_payload(&backlog);
	report_count(accepted);
	for (long decade = 1; accepted < backlog.messages && !backlog_late(&backlog); accepted++) {
		check_iotkit(iotkit_publish(iot, BACKLOG_TOPIC, payload, (size_t)backlog.payload,
					    backlog.qos, 0, NULL));
		if (accepted + 1 == decade) {
			report_count(decade);
			decade *= 10;
		}
	}
	iotkit_close(iot);
	free(payload);
	return EXIT_SUCCESS;
}
