/* SPDX-License-Identifier: MIT */
#include "open_iotkit.h"

#include <stdio.h>

void check_iotkit(iotkit_status status)
{
	if (status != IOTKIT_OK)
		load_fail("libiotkit: %s", iotkit_last_error());
}

iotkit *open_iotkit(const struct backlog *backlog)
{
	const char *const options[][2] = {
		{"outbox.sync", backlog->sync != NULL ? backlog->sync : "process"},
		{"outbox.max_rows", "1000000000"},
		{"outbox.max_bytes", "1099511627776"},
		{"mqtt.client_id", BACKLOG_CLIENT},
		{"reconnect.min_ms", "3600000"}, /* no attempts while it is measured */
		{"reconnect.max_ms", "3600000"},
		{"outbox.path", backlog->path},
	};
	iotkit *iot = NULL;
	char uri[64];

	snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%d", backlog->port);
	check_iotkit(iotkit_open(uri, &iot));
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		check_iotkit(iotkit_set_option(iot, options[i][0], options[i][1]));
	return iot;
}
