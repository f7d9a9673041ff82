/* SPDX-License-Identifier: MIT */
#include "gateway_service.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/wait.h"
#include "notify.h"

static char connection[512] = "connecting";
static int64_t next_alive_ms;

void gateway_service_ready(void)
{
	notify_send("READY=1\nSTATUS=%s", connection);
}

void gateway_service_reloading(void)
{
	notify_reloading();
}

void gateway_service_stopping(void)
{
	notify_send("STOPPING=1\nSTATUS=delivering what waits, then leaving");
}

/* Asking for the counters takes the library's locks, so a gateway whose library hangs is
 * silent, and systemd ends and starts it. */
static void tell_status(iotkit *iot, const char *more)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	if (iotkit_get_stats(iot, &stats) != IOTKIT_OK)
		return;
	notify_send("STATUS=%s; %" PRIu64 " messages wait, %" PRIu64 " delivered%s", connection,
		    stats.waiting, stats.delivered, more);
}

void gateway_service_event(iotkit *iot, const iotkit_event *event)
{
	const char *text = event->text != NULL ? event->text : iotkit_strerror(event->status);

	if (event->type == IOTKIT_EVENT_CONNECTED)
		snprintf(connection, sizeof connection, "%s", text);
	else if (event->type == IOTKIT_EVENT_DISCONNECTED && event->status != IOTKIT_OK)
		snprintf(connection, sizeof connection, "no connection: %s", text);
	else
		return;
	/* A broker has a say in the text: it shall not add lines to what systemd is told. */
	for (char *at = connection; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20)
			*at = ' ';
	tell_status(iot, "");
}

int64_t gateway_service_alive(iotkit *iot)
{
	int64_t interval = notify_watchdog_ms();

	if (interval == 0)
		return WAIT_FOREVER;
	if (wait_now() >= next_alive_ms) {
		tell_status(iot, "\nWATCHDOG=1");
		next_alive_ms = wait_now() + interval;
	}
	return next_alive_ms;
}
