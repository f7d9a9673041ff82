/* SPDX-License-Identifier: MIT
 *
 * Starts libiotkit on an outbox that an earlier process filled, and waits until the
 * broker has all of it.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "open_iotkit.h"

enum { CONNECT_MS = 30000, DISCONNECT_MS = 10000 };

static long waiting(iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	check_iotkit(iotkit_get_stats(iot, &stats));
	return (long)stats.waiting;
}

/* Returns whether the broker has all. Events would tell each delivery, but be more work. */
static bool watch(iotkit *iot, const struct backlog *backlog)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct tenths tenths = {.messages = backlog->messages};
	long left;

	while ((left = waiting(iot)) > 0 && !backlog_late(backlog)) {
		tenths_note(&tenths, backlog->messages - left);
		nanosleep(&pause, NULL);
	}
	tenths_note(&tenths, backlog->messages - left);
	report_moment("end");
	report_number("left", left);
	return left == 0;
}

int main(int argc, char **argv)
{
	struct backlog backlog;

	report_moment("begin");
	backlog_parse(&backlog, argc, argv);
	iotkit *iot = open_iotkit(&backlog);
	report_moment("open");
	check_iotkit(iotkit_connect(iot, CONNECT_MS));
	report_moment("connect");
	if (watch(iot, &backlog)) { /* else it would deliver more of the rest */
		sleep((unsigned)backlog.rest_s);
		iotkit_disconnect(iot, DISCONNECT_MS);
	}
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
