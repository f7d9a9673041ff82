/* SPDX-License-Identifier: MIT
 *
 * SenML packs: metrics gather in memory until their pack is closed. With an outbox in a
 * file each is kept there meanwhile, as a pack of one, so that what was accepted
 * survives; the pack then takes their place.
 */
#include "api/draft.h"
#include "base/clock.h"

/* The name under which a device's packs are published. */
static const char pack_name[] = "senml";

/* Without the turn at the packs, since it may wait for the disk. kept_out: 0 when the
 * outbox's policy gives it up. */
static iotkit_status keep(iotkit *iot, const struct metric *metric,
			  const struct uplink_manner *manner, uint64_t *kept_out)
{
	struct draft draft;
	iotkit_status status = draft_begin(iot, &draft, metric->device, pack_name);

	if (status != IOTKIT_OK)
		return status;
	status = metric_encode_senml(metric, 1, draft.stamp, &draft.payload);
	draft_finish(&draft);
	if (status == IOTKIT_OK && manner->origin != NULL)
		status = outbox_keep_from(iot->outbox, &draft.message, manner->origin, kept_out);
	else if (status == IOTKIT_OK)
		status = outbox_keep(iot->outbox, &draft.message, manner->care, kept_out);
	draft_free(&draft);
	return status;
}

iotkit_status packs_add(iotkit *iot, const struct metric *metric,
			const struct uplink_manner *manner)
{
	bool durable = outbox_is_durable(iot->outbox);
	bool due_changed = false;
	uint64_t kept = 0;
	iotkit_status status = IOTKIT_OK;

	if (durable)
		status = keep(iot, metric, manner, &kept);
	if (status != IOTKIT_OK || (durable && kept == 0))
		return status;
	status = batches_add(iot->batches, metric, kept, clock_monotonic_ms(), &due_changed);
	if (status != IOTKIT_OK && durable) {
		outbox_put_back(iot->outbox, kept); /* as a pack of its own */
		status = IOTKIT_OK;
	} else if (status == IOTKIT_OK && manner->origin != NULL && !durable) {
		outbox_advance(iot->outbox, manner->origin);
	}
	if (due_changed)
		session_wake(iot->session); /* it keeps the time of packs */
	return status;
}

static iotkit_status hand_over(iotkit *iot, const struct draft *draft, const uint64_t *kept,
			       size_t count)
{
	if (kept[0] != 0)
		return outbox_replace(iot->outbox, kept, count, &draft->message);
	return outbox_append(iot->outbox, &draft->message, OUTBOX_QUEUED, NULL);
}

static iotkit_status close_pack(void *context, const char *device, const struct metric *metrics,
				const uint64_t *kept, size_t count)
{
	iotkit *iot = context;
	struct draft draft;
	iotkit_status status = draft_begin(iot, &draft, device, pack_name);

	if (status != IOTKIT_OK)
		return status;
	status = metric_encode_senml(metrics, count, draft.stamp, &draft.payload);
	draft_finish(&draft);
	if (status == IOTKIT_OK)
		status = hand_over(iot, &draft, kept, count);
	draft_free(&draft);
	if (status == IOTKIT_EFULL && outbox_empty(iot->outbox)) {
		/* No room will ever be enough; it must not block those behind it. */
		uplink_drop_metrics(iot, metrics, count);
		return IOTKIT_OK;
	}
	if (status == IOTKIT_OK)
		session_wake(iot->session);
	return status;
}

iotkit_status packs_open(iotkit *iot, const struct options *options, struct batches **out)
{
	const struct batch_settings settings = {
		.ms = options_number(options, OPTION_BATCH_MS),
		.max = options_number(options, OPTION_BATCH_MAX),
		.close = close_pack,
		.context = iot,
	};

	if (!options_is(options, OPTION_PAYLOAD, "senml"))
		return IOTKIT_OK;
	return batches_open(&settings, out);
}

iotkit_status packs_flush(iotkit *iot, int64_t now_ms)
{
	iotkit_status status = IOTKIT_OK;

	pthread_rwlock_rdlock(&iot->options_lock);
	if (iot->batches != NULL)
		status = batches_flush(iot->batches, now_ms);
	pthread_rwlock_unlock(&iot->options_lock);
	return status;
}
