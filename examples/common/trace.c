/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <stdio.h>

#include "time_text.h"

void trace_print(const iotkit_event *event)
{
	char stamp[TIME_TEXT_SIZE];

	fprintf(stderr, "%s %s\n", time_text_local(event->time_ms, stamp), event->text);
}

void trace_print_rest(iotkit *iot)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(iot, 0)) != NULL)
		if (event->type == IOTKIT_EVENT_TRACE)
			trace_print(event);
}
