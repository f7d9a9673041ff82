/* SPDX-License-Identifier: MIT
 *
 * Who looks on at the packets: the sink, and a file for Wireshark.
 */
#include "mqtt/internal.h"

static void on_stopped(void *context, iotkit_status status, const char *text)
{
	struct session *session = context;

	session->sink.warned(session->sink.context, status, text);
}

iotkit_status session_open_capture(struct session *session)
{
	const struct session_settings *settings = session->settings;
	const struct capture_sink sink = {.context = session, .stopped = on_stopped};

	if (session->capture != NULL || settings->capture_file[0] == '\0')
		return IOTKIT_OK;
	return capture_open(settings->capture_file, (uint64_t)settings->capture_max, &sink,
			    &session->capture);
}

struct tap_viewer session_viewer(struct session *session)
{
	const struct session_sink *sink = &session->sink;

	return (struct tap_viewer){.context = sink->context,
				   .packet = session->settings->trace_packets ? sink->packet : NULL,
				   .capture = session->capture};
}
