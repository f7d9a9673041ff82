/* SPDX-License-Identifier: MIT */
#include "mqtt/connect_options.h"

#include <stdio.h>
#include <string.h>

#include "mqtt/password.h"

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
	expiry.value.integer4 = (unsigned)settings->session_expiry_s;
	MQTTProperties_add(&options->properties, &expiry);
	options->paho.connectProperties = &options->properties;
}

/* Whatever is wrong with the file, only a person can mend it. */
static iotkit_status read_password(struct connect_options *options, const char *path)
{
	if (password_read(path, options->password, sizeof options->password) == IOTKIT_OK)
		return IOTKIT_OK;
	struct reason reason;
	reason_capture(&reason);
	return error_set(IOTKIT_EINVAL, "%s", reason.text);
}

static iotkit_status fill_login(struct connect_options *options,
				const struct session_settings *settings)
{
	iotkit_status status = IOTKIT_OK;

	if (settings->username[0] != '\0')
		options->paho.username = settings->username;
	if (settings->password_file[0] != '\0') {
		status = read_password(options, settings->password_file);
		options->paho.password = options->password;
	} else if (settings->password[0] != '\0') {
		options->paho.password = settings->password;
	}
	/* MQTT 3.1.1 section 3.1.2.9 */
	if (status == IOTKIT_OK && !settings->version_5 && options->paho.password != NULL &&
	    options->paho.username == NULL)
		return error_set(IOTKIT_EINVAL, "MQTT 3.1.1 has no password without a user name: "
						"set mqtt.username, or mqtt.version to 5");
	return status;
}

iotkit_status connect_options_fill(struct connect_options *options,
				   const struct session_settings *settings, uint16_t port,
				   bool reconnecting)
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
	iotkit_status status = fill_login(options, settings);
	if (status != IOTKIT_OK)
		connect_options_wipe(options);
	return status;
}

void connect_options_wipe(struct connect_options *options)
{
	MQTTProperties_free(&options->properties);
	explicit_bzero(options->password, sizeof options->password);
}
