/* SPDX-License-Identifier: MIT */
#include "create_paho.h"

#include <stdio.h>

enum { MOST_MESSAGES = 65535 }; /* it numbers what it queues as MQTT numbers packets */

void check_paho(int rc, const char *what)
{
	if (rc != MQTTASYNC_SUCCESS)
		load_fail("paho cannot %s: %d", what, rc);
}

MQTTAsync create_paho(const struct backlog *backlog)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
	MQTTAsync paho = NULL;
	char uri[64];

	snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", backlog->port);
	options.sendWhileDisconnected = 1;
	options.allowDisconnectedSendAtAnyTime = 1;
	options.maxBufferedMessages = MOST_MESSAGES;
	/* It only reads the name of the folder. */
	check_paho(MQTTAsync_createWithOptions(&paho, uri, BACKLOG_CLIENT,
					       MQTTCLIENT_PERSISTENCE_DEFAULT,
					       (void *)(uintptr_t)backlog->path, &options),
		   "create a client");
	return paho;
}
