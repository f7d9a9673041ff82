/* SPDX-License-Identifier: MIT
 *
 * Options and the will of a handle: each change is made on a copy, which
 * replaces the present options when all of it is right.
 */
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "base/clock.h"
#include "base/error.h"
#include "metric/topic.h"

enum { WILL_SIZE_MAX = 65535 };

iotkit_status handle_check_not_started(const iotkit *iot)
{
	if (iot->started)
		return error_set(
			IOTKIT_ESTATE,
			"options and the will are settled once iotkit_connect() was called: "
			"set them before, or open another handle");
	return IOTKIT_OK;
}

static enum outbox_policy policy_of(const struct options *options)
{
	if (options_is(options, OPTION_OUTBOX_POLICY, "drop-oldest"))
		return OUTBOX_DROP_OLDEST;
	if (options_is(options, OPTION_OUTBOX_POLICY, "drop-newest"))
		return OUTBOX_DROP_NEWEST;
	return OUTBOX_REJECT;
}

static enum store_sync sync_of(const struct options *options)
{
	return options_is(options, OPTION_OUTBOX_SYNC, "power") ? STORE_SYNC_POWER
								: STORE_SYNC_PROCESS;
}

static enum device_reset reset_of(const struct options *options)
{
	if (options_is(options, OPTION_RESET_ON_OPEN, "never"))
		return DEVICE_RESET_NEVER;
	if (options_is(options, OPTION_RESET_ON_OPEN, "always"))
		return DEVICE_RESET_ALWAYS;
	return DEVICE_RESET_AUTO;
}

/* The file is opened as soon as it is named: from then on what is accepted is kept. */
static iotkit_status open_outbox(iotkit *iot, const struct options *options)
{
	const char *path = options_text(options, OPTION_OUTBOX_PATH);
	const char *before = iot->options.values[OPTION_OUTBOX_PATH];

	if (strcmp(path, before != NULL ? before : "") == 0) {
		outbox_set_sync(iot->outbox, sync_of(options));
		return IOTKIT_OK;
	}
	return outbox_attach(iot->outbox, path, sync_of(options));
}

iotkit_status handle_adopt(iotkit *iot, struct options *options)
{
	struct batches *batches = NULL;
	iotkit_status status = packs_open(iot, options, &batches);

	if (status != IOTKIT_OK)
		return status;
	/* What the old settings gathered goes out as it is, or they stay. */
	if (iot->batches != NULL)
		status = batches_flush(iot->batches, CLOCK_NEVER);
	if (status != IOTKIT_OK) {
		batches_close(batches);
		return status;
	}
	status = open_outbox(iot, options);
	if (status != IOTKIT_OK) {
		batches_close(batches);
		return status;
	}
	batches_close(iot->batches);
	iot->batches = batches;
	options_free(&iot->options);
	iot->options = *options;
	*options = (struct options){0};

	const struct outbox_limits limits = {
		.max_rows = (uint64_t)options_number(&iot->options, OPTION_OUTBOX_MAX_ROWS),
		.max_bytes = (uint64_t)options_number(&iot->options, OPTION_OUTBOX_MAX_BYTES),
		.policy = policy_of(&iot->options),
	};
	outbox_set_limits(iot->outbox, &limits);
	const struct device_defaults defaults = {
		.silent_ms = options_number(&iot->options, OPTION_DEVICE_SILENT_MS),
		.reset_on_open = reset_of(&iot->options),
	};
	devices_set_defaults(iot->devices, &defaults);
	events_limit(&iot->events, (uint64_t)options_number(&iot->options, OPTION_EVENTS_MAX));
	return IOTKIT_OK;
}

static iotkit_status set_one(struct options *options, const char *name, const char *value)
{
	enum option option;
	iotkit_status status = options_find(name, &option);

	if (status != IOTKIT_OK)
		return status;
	return option == OPTION_BROKER ? uri_apply(value, options)
				       : options_set(options, option, value);
}

iotkit_status iotkit_set_option(iotkit *iot, const char *name, const char *value)
{
	struct options options;
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	if (name == NULL || value == NULL)
		return error_set(IOTKIT_EINVAL, "an option needs a name and a value: one is NULL");
	pthread_rwlock_wrlock(&iot->options_lock);
	status = handle_check_not_started(iot);
	if (status == IOTKIT_OK)
		status = options_copy(&options, &iot->options);
	if (status == IOTKIT_OK) {
		status = set_one(&options, name, value);
		if (status == IOTKIT_OK)
			status = handle_adopt(iot, &options);
		options_free(&options);
	}
	pthread_rwlock_unlock(&iot->options_lock);
	return status;
}

static iotkit_status copy_out(const char *text, char *buffer, size_t size)
{
	size_t needed = strlen(text) + 1;

	if (needed > size)
		return error_set(IOTKIT_EINVAL, "the value needs %zu bytes, the buffer has %zu",
				 needed, size);
	memcpy(buffer, text, needed);
	return IOTKIT_OK;
}

iotkit_status iotkit_get_option(iotkit *iot, const char *name, char *buffer, size_t size)
{
	enum option option;
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	if (name == NULL || buffer == NULL)
		return error_set(IOTKIT_EINVAL, "an option needs a name and a buffer: one is NULL");
	status = options_find(name, &option);
	if (status != IOTKIT_OK)
		return status;
	if (options_info(option)->type == IOTKIT_OPTION_SECRET)
		return error_set(IOTKIT_ENOTSUP, "the option %s is a secret, which is never shown",
				 name);
	pthread_rwlock_rdlock(&iot->options_lock);
	status = copy_out(options_text(&iot->options, option), buffer, size);
	pthread_rwlock_unlock(&iot->options_lock);
	return status;
}

/* ---- the last will ---- */

static iotkit_status check_will(const char *topic, const void *payload, size_t size, int32_t qos)
{
	if (topic == NULL)
		return IOTKIT_OK;
	if (!topic_valid_name(topic, strlen(topic)))
		return error_set(
			IOTKIT_EINVAL,
			"the will's topic '%.64s' is no topic to publish to: 1 to 65535 bytes "
			"of UTF-8 without + and #",
			topic);
	if (size > WILL_SIZE_MAX || (payload == NULL && size > 0))
		return error_set(IOTKIT_EINVAL,
				 "the will's payload is NULL or larger than %d bytes",
				 WILL_SIZE_MAX);
	if (qos < 0 || qos > 2)
		return error_set(IOTKIT_EINVAL, "the will's QoS is %d; it must be 0, 1 or 2", qos);
	return IOTKIT_OK;
}

static iotkit_status copy_will(struct session_will *will, const char *topic, const void *payload,
			       size_t size)
{
	*will = (struct session_will){0};
	if (topic == NULL)
		return IOTKIT_OK;
	will->topic = strdup(topic);
	will->payload = malloc(size + 1);
	if (will->topic == NULL || will->payload == NULL) {
		free(will->topic);
		free(will->payload);
		return error_set_no_memory();
	}
	if (size > 0)
		memcpy(will->payload, payload, size);
	will->size = size;
	return IOTKIT_OK;
}

iotkit_status iotkit_set_will(iotkit *iot, const char *topic, const void *payload, size_t size,
			      int32_t qos, int32_t retain)
{
	struct session_will will;
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK)
		status = check_will(topic, payload, size, qos);
	if (status != IOTKIT_OK)
		return status;
	pthread_rwlock_wrlock(&iot->options_lock);
	status = handle_check_not_started(iot);
	if (status == IOTKIT_OK)
		status = copy_will(&will, topic, payload, size);
	if (status == IOTKIT_OK) {
		will.qos = qos;
		will.retain = retain != 0;
		free(iot->will.topic);
		free(iot->will.payload);
		iot->will = will;
	}
	pthread_rwlock_unlock(&iot->options_lock);
	return status;
}
