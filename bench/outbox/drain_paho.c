/* SPDX-License-Identifier: MIT
 *
 * Starts paho's MQTTAsync on the files that an earlier process left, and waits until
 * the broker has all of them.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "create_paho.h"

enum { CONNECT_S = 30, DISCONNECT_MS = 10000 };

struct drain {
	const struct backlog *backlog;
	struct tenths tenths;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long delivered;
	bool connected;
	bool disconnected;
};

static void raise_flag(struct drain *drain, bool *flag)
{
	pthread_mutex_lock(&drain->lock);
	*flag = true;
	pthread_cond_signal(&drain->changed);
	pthread_mutex_unlock(&drain->lock);
}

static void on_connect(void *context, MQTTAsync_successData5 *data)
{
	struct drain *drain = context;

	(void)data;
	raise_flag(drain, &drain->connected);
}

static void on_disconnect(void *context, MQTTAsync_successData5 *data)
{
	struct drain *drain = context;

	(void)data;
	raise_flag(drain, &drain->disconnected);
}

static void on_failure(void *context, MQTTAsync_failureData5 *data)
{
	(void)context;
	load_fail("paho cannot connect: %s, code %d", data->message != NULL ? data->message : "",
		  data->code);
}

static int on_message(void *context, char *topic, int length, MQTTAsync_message *message)
{
	(void)context;
	(void)length;
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

static void on_delivered(void *context, MQTTAsync_token token)
{
	struct drain *drain = context;

	(void)token;
	pthread_mutex_lock(&drain->lock);
	drain->delivered++;
	tenths_note(&drain->tenths, drain->delivered);
	if (drain->delivered >= drain->backlog->messages)
		pthread_cond_signal(&drain->changed);
	pthread_mutex_unlock(&drain->lock);
}

/* False when the deadline passed first. To be called with the lock. */
static bool wait_for_change(struct drain *drain)
{
	struct timespec until = {
		.tv_sec = (time_t)(drain->backlog->deadline_ns / 1000000000),
		.tv_nsec = (long)(drain->backlog->deadline_ns % 1000000000),
	};

	return pthread_cond_timedwait(&drain->changed, &drain->lock, &until) != ETIMEDOUT;
}

static void connect_paho(struct drain *drain, MQTTAsync paho)
{
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};
	MQTTProperties properties = MQTTProperties_initializer;

	expiry.value.integer4 = 3600; /* libiotkit's default */
	MQTTProperties_add(&properties, &expiry);
	options.connectProperties = &properties;
	options.cleanstart = 0;
	options.connectTimeout = CONNECT_S;
	options.maxInflight = drain->backlog->inflight;
	options.context = drain;
	options.onSuccess5 = on_connect;
	options.onFailure5 = on_failure;
	check_paho(MQTTAsync_connect(paho, &options), "connect");
	MQTTProperties_free(&properties);
	pthread_mutex_lock(&drain->lock);
	while (!drain->connected && wait_for_change(drain)) {
	}
	pthread_mutex_unlock(&drain->lock);
}

/* Returns whether the broker has all. */
static bool watch(struct drain *drain)
{
	pthread_mutex_lock(&drain->lock);
	while (drain->delivered < drain->backlog->messages && wait_for_change(drain)) {
	}
	report_moment("end");
	long left = drain->backlog->messages - drain->delivered;
	report_number("left", left);
	pthread_mutex_unlock(&drain->lock);
	return left == 0;
}

static void disconnect_paho(struct drain *drain, MQTTAsync paho)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;

	options.timeout = DISCONNECT_MS;
	options.context = drain;
	options.onSuccess5 = on_disconnect;
	check_paho(MQTTAsync_disconnect(paho, &options), "disconnect");
	pthread_mutex_lock(&drain->lock);
	while (!drain->disconnected && wait_for_change(drain)) {
	}
	pthread_mutex_unlock(&drain->lock);
}

int main(int argc, char **argv)
{
	struct backlog backlog;
	struct drain drain = {.backlog = &backlog, .lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_condattr_t attributes;

	report_moment("begin");
	backlog_parse(&backlog, argc, argv);
	drain.tenths.messages = backlog.messages;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&drain.changed, &attributes);
	MQTTAsync paho = create_paho(&backlog);
	check_paho(MQTTAsync_setCallbacks(paho, &drain, NULL, on_message, on_delivered),
		   "take callbacks");
	report_moment("open");
	connect_paho(&drain, paho);
	report_moment("connect");
	if (watch(&drain)) { /* else its goodbye would wait for the rest */
		disconnect_paho(&drain, paho);
		MQTTAsync_destroy(&paho);
	}
	return EXIT_SUCCESS;
}
