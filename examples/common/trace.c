/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <stdio.h>
#include <time.h>

void trace_print(const iotkit_event *event)
{
	time_t seconds = (time_t)(event->time_ms / 1000);
	struct tm parts;
	char stamp[32];

	localtime_r(&seconds, &parts);
	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &parts);
	fprintf(stderr, "%s.%03d %s\n", stamp, (int)(event->time_ms % 1000), event->text);
}

void trace_print_rest(iotkit *iot)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(iot, 0)) != NULL)
		if (event->type == IOTKIT_EVENT_TRACE)
			trace_print(event);
}
