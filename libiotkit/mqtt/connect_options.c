/* SPDX-License-Identifier: MIT */
#include "mqtt/connect_options.h"

#include <stdio.h>

#include "mqtt/packet.h"

static void fill_will(struct connect_options *options, const struct session_will *will)
{
	if (will->topic == NULL)
		return;
	options->will = (MQTTAsync_willOptions)MQTTAsync_willOptions_initializer;
	options->will.topicName = will->topic;
	options->will.payload.data = will->payload;
	options->will.payload.len = (int)will->size;
	options->will.qos = will->qos;
	options->will.retained = will->retain;
	options->paho.will = &options->will;
}

/* MQTT 5 begins one session anew and then keeps it; MQTT 3.1.1 can only keep
 * every session or none. */
static void fill_session(struct connect_options *options, const struct session_settings *settings,
			 bool reconnecting)
{
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};

	if (!settings->version_5) {
		options->paho.MQTTVersion = MQTTVERSION_3_1_1;
		options->paho.cleansession = settings->clean_start;
		return;
	}
	options->paho.MQTTVersion = MQTTVERSION_5;
	options->paho.cleanstart = settings->clean_start && !reconnecting;
	expiry.value.integer4 = settings->session_expiry_s < PACKET_LONGEST_EXPIRY_S
					? (unsigned)settings->session_expiry_s
					: PACKET_LONGEST_EXPIRY_S;
	MQTTProperties_add(&options->properties, &expiry);
	options->paho.connectProperties = &options->properties;
}

void connect_options_fill(struct connect_options *options, const struct session_settings *settings,
			  uint16_t port, bool reconnecting)
{
	*options = (struct connect_options){0};
	options->paho = settings->version_5
				? (MQTTAsync_connectOptions)MQTTAsync_connectOptions_initializer5
				: (MQTTAsync_connectOptions)MQTTAsync_connectOptions_initializer;
	snprintf(options->uri, sizeof options->uri, "tcp://127.0.0.1:%u", (unsigned)port);
	options->uris[0] = options->uri;
	options->paho.serverURIs = options->uris;
	options->paho.serverURIcount = 1;
	options->paho.keepAliveInterval = (int)settings->keepalive_s;
	/* The session keeps the deadline; paho's is only there in case. */
	options->paho.connectTimeout = (int)(settings->connect_timeout_ms / 1000) + 10;
	fill_session(options, settings, reconnecting);
	fill_will(options, settings->will);
	if (settings->username[0] != '\0')
		options->paho.username = settings->username;
}

void connect_options_free(struct connect_options *options)
{
	MQTTProperties_free(&options->properties);
}
