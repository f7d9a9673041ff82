/* SPDX-License-Identifier: MIT */
#include "api/draft.h"

#include "metric/topic.h"

enum { MESSAGE_MAX = 1 << 20 /* a pack of 1000 metrics with long names fits */ };

iotkit_status draft_begin(iotkit *iot, struct draft *draft, const char *device, const char *name)
{
	const struct options *options = &iot->options;

	draft->message = (struct outbox_message){
		.qos = (int32_t)options_number(options, OPTION_METRIC_QOS),
		.retain = options_flag(options, OPTION_METRIC_RETAIN),
	};
	buffer_init_in(&draft->topic, draft->topic_room, DRAFT_TOPIC, TOPIC_SIZE_MAX + 1);
	buffer_init_in(&draft->payload, draft->payload_room, DRAFT_PAYLOAD, MESSAGE_MAX);
	iotkit_status status =
		topic_metric(&draft->topic, options_text(options, OPTION_TOPIC_BASE), device, name);
	if (status != IOTKIT_OK) {
		draft_free(draft);
		return status;
	}
	publish_stamp(iot, &draft->message);
	draft->stamp_numbers =
		(struct metric_stamp){.epoch = draft->message.epoch, .seq = draft->message.seq};
	draft->stamp = draft->message.seq != 0 ? &draft->stamp_numbers : NULL;
	return IOTKIT_OK;
}

void draft_finish(struct draft *draft)
{
	draft->message.topic = draft->topic.bytes;
	draft->message.payload = draft->payload.bytes;
	draft->message.size = draft->payload.size;
}

void draft_free(struct draft *draft)
{
	buffer_free(&draft->topic);
	buffer_free(&draft->payload);
}
