/* SPDX-License-Identifier: MIT
 *
 * What the application sends and subscribes to.
 */
#include <string.h>

#include "api/handle.h"
#include "base/clock.h"
#include "base/error.h"
#include "metric/topic.h"

/* MQTT 5.0 section 2.1.4: the remaining length of a packet. */
enum { PACKET_MAX = 268435455 };

static iotkit_status check_qos(int32_t qos)
{
	if (qos < 0 || qos > 2)
		return error_set(IOTKIT_EINVAL, "the QoS is %d; it must be 0, 1 or 2", qos);
	return IOTKIT_OK;
}

static iotkit_status check_message(const char *topic, const void *payload, size_t size, int32_t qos)
{
	if (topic == NULL || !topic_valid_name(topic, strlen(topic)))
		return error_set(
			IOTKIT_EINVAL,
			"'%.64s' is no topic to publish to: 1 to 65535 bytes of UTF-8 without "
			"+, # and control characters",
			topic != NULL ? topic : "(NULL)");
	if (payload == NULL && size > 0)
		return error_set(IOTKIT_EINVAL, "the payload is NULL but its size is %zu", size);
	if (size > PACKET_MAX - strlen(topic) - 16)
		return error_set(IOTKIT_EINVAL,
				 "the payload has %zu bytes; MQTT allows %d bytes a packet", size,
				 PACKET_MAX);
	return check_qos(qos);
}

void publish_stamp(iotkit *iot, struct outbox_message *message)
{
	int64_t expiry_s = options_number(&iot->options, OPTION_PUBLISH_EXPIRY_S);

	message->time_ms = clock_wall_ms();
	if (expiry_s > 0)
		message->expires_ms = message->time_ms + expiry_s * 1000;
	if (!options_flag(&iot->options, OPTION_PUBLISH_ID))
		return;
	message->epoch = iot->epoch;
	message->seq = atomic_fetch_add(&iot->seq, 1) + 1;
}

iotkit_status iotkit_publish(iotkit *iot, const char *topic, const void *payload, size_t size,
			     int32_t qos, int32_t retain, uint64_t *id_out)
{
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK)
		status = check_message(topic, payload, size, qos);
	if (status != IOTKIT_OK)
		return status;
	struct outbox_message message = {.topic = topic,
					 .payload = payload,
					 .size = size,
					 .qos = qos,
					 .retain = retain != 0};
	pthread_rwlock_rdlock(&iot->options_lock);
	publish_stamp(iot, &message);
	pthread_rwlock_unlock(&iot->options_lock);
	status = outbox_append(iot->outbox, &message, OUTBOX_SAVED, id_out);
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	return status;
}

iotkit_status iotkit_publish_metric(iotkit *iot, const char *device, const char *name, double value,
				    const char *unit, int64_t time_ms)
{
	const struct metric metric = {
		.device = device,
		.name = name,
		.unit = unit != NULL ? unit : "",
		.value = value,
		.time_ms = time_ms != 0 ? time_ms : clock_wall_ms(),
	};
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK)
		status = metric_check(&metric);
	if (status == IOTKIT_OK)
		status =
			uplink_publish(iot, &metric, &(struct uplink_manner){.care = OUTBOX_SAVED});
	if (status == IOTKIT_OK)
		atomic_fetch_add(&iot->metrics, 1);
	return status;
}

static iotkit_status check_filter(const char *filter)
{
	if (filter == NULL || !topic_valid_filter(filter, strlen(filter)))
		return error_set(
			IOTKIT_EINVAL,
			"'%.64s' is no topic filter: + stands for a whole level, # only for all "
			"the last ones, as in 'iotkit/+/temperature' or 'iotkit/#'",
			filter != NULL ? filter : "(NULL)");
	return IOTKIT_OK;
}

iotkit_status iotkit_subscribe(iotkit *iot, const char *filter, int32_t qos)
{
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK)
		status = check_filter(filter);
	if (status == IOTKIT_OK)
		status = check_qos(qos);
	return status == IOTKIT_OK ? session_subscribe(iot->session, filter, qos) : status;
}

iotkit_status iotkit_unsubscribe(iotkit *iot, const char *filter)
{
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK)
		status = check_filter(filter);
	return status == IOTKIT_OK ? session_unsubscribe(iot->session, filter) : status;
}
