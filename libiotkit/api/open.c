/* SPDX-License-Identifier: MIT
 *
 * The life of a handle.
 */
#include <stdlib.h>

#include "api/callback.h"
#include "api/commands.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/own_pid.h"
#include "base/random.h"

/* JSON has no greater whole numbers that all who read it agree on (RFC 8259 section 6). */
#define EPOCH_MAX ((UINT64_C(1) << 53) - 1)

iotkit_status handle_check(const iotkit *iot)
{
	if (iot == NULL)
		return error_set(IOTKIT_EINVAL, "the handle is NULL; iotkit_open() makes one");
	if (iot->process != own_pid())
		return error_set(IOTKIT_ESTATE,
				 "process %ld opened this handle, and its threads are not in this "
				 "child of it: open another one after fork()",
				 (long)iot->process);
	return IOTKIT_OK;
}

/* Commands and news of what is saved find no boards from now on. */
static void close_devices(iotkit *iot)
{
	pthread_mutex_lock(&iot->devices_lock);
	struct devices *devices = iot->devices;
	iot->devices = NULL;
	pthread_mutex_unlock(&iot->devices_lock);
	devices_close(devices);
}

/* From the source to the sink, so that nobody hands on to who is gone. */
static void close_rooms(iotkit *iot)
{
	close_devices(iot);
	if (iot->session != NULL)
		session_stop(iot->session, clock_monotonic_ms());
	if (iot->outbox != NULL)
		outbox_hush(iot->outbox);
	session_close(iot->session);
	batches_close(iot->batches);
	if (iot->outbox != NULL)
		outbox_close(iot->outbox);
}

static iotkit_status open_rooms(iotkit *iot)
{
	const struct device_sink device_sink = uplink_sink(iot);
	const struct session_sink session_sink = downlink_sink(iot);
	const struct outbox_listener listener = downlink_listener(iot);
	iotkit_status status = outbox_open(&listener, &iot->outbox);

	if (status == IOTKIT_OK)
		status = session_open(&iot->settings, &session_sink, iot->outbox, &iot->session);
	if (status == IOTKIT_OK)
		status = devices_open(&device_sink, &iot->devices);
	if (status != IOTKIT_OK)
		close_rooms(iot);
	return status;
}

static void init_locks(iotkit *iot)
{
	pthread_rwlock_init(&iot->options_lock, NULL);
	pthread_mutex_init(&iot->callback_lock, NULL);
	pthread_mutex_init(&iot->names_lock, NULL);
	pthread_mutex_init(&iot->devices_lock, NULL);
	pthread_mutex_init(&iot->commanded_lock, NULL);
	pthread_mutex_init(&iot->status_lock, NULL);
}

static iotkit_status apply_first_options(iotkit *iot, const char *broker_uri)
{
	struct options options;
	iotkit_status status = options_init(&options);

	if (status != IOTKIT_OK)
		return status;
	if (broker_uri != NULL)
		status = uri_apply(broker_uri, &options);
	if (status == IOTKIT_OK)
		status = handle_adopt(iot, &options);
	options_free(&options);
	return status;
}

iotkit_status iotkit_open(const char *broker_uri, iotkit **out)
{
	if (out == NULL)
		return error_set(IOTKIT_EINVAL,
				 "iotkit_open() needs a place for the handle: out is NULL");
	iotkit *iot = calloc(1, sizeof *iot);
	if (iot == NULL)
		return error_set_no_memory();
	iot->process = own_pid();
	init_locks(iot);
	iot->epoch = random_u64() % EPOCH_MAX + 1;
	iotkit_status status = events_open(&iot->events);
	if (status == IOTKIT_OK) {
		status = open_rooms(iot);
		if (status != IOTKIT_OK)
			events_close(&iot->events);
	}
	if (status != IOTKIT_OK) {
		free(iot);
		return status;
	}
	status = apply_first_options(iot, broker_uri);
	if (status != IOTKIT_OK) {
		iotkit_close(iot);
		return status;
	}
	*out = iot;
	return IOTKIT_OK;
}

void iotkit_close(iotkit *iot)
{
	if (iot == NULL || iot->process != own_pid() || !callback_end(iot))
		return;
	close_rooms(iot);
	events_close(&iot->events);
	status_free(iot);
	uplink_forget_names(iot);
	commands_free(iot);
	broker_list_free(&iot->brokers);
	options_free(&iot->options);
	free(iot->will.topic);
	free(iot->will.payload);
	pthread_mutex_destroy(&iot->status_lock);
	pthread_mutex_destroy(&iot->commanded_lock);
	pthread_mutex_destroy(&iot->devices_lock);
	pthread_mutex_destroy(&iot->names_lock);
	pthread_mutex_destroy(&iot->callback_lock);
	pthread_rwlock_destroy(&iot->options_lock);
	free(iot);
}
