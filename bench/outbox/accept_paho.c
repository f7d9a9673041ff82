/* SPDX-License-Identifier: MIT
 *
 * Sends through paho's MQTTAsync, with nobody to send to: it queues, in files.
 */
#include <stdlib.h>

#include "create_paho.h"

int main(int argc, char **argv)
{
	struct backlog backlog;
	long accepted = 0;

	backlog_parse(&backlog, argc, argv);
	struct tenths tenths = {.messages = backlog.messages};
	MQTTAsync paho = create_paho(&backlog);
	char *payload = backlog_payload(&backlog);
	report_moment("begin");
	while (accepted < backlog.messages && !backlog_late(&backlog)) {
		int rc = MQTTAsync_send(paho, BACKLOG_TOPIC, backlog.payload, payload, backlog.qos,
					0, NULL);
		check_paho(rc, "take a message");
		tenths_note(&tenths, ++accepted);
	}
	report_moment("end");
	report_number("accepted", accepted);
	free(payload);
	MQTTAsync_destroy(&paho);
	return EXIT_SUCCESS;
}
