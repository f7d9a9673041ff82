/* SPDX-License-Identifier: MIT
 *
 * A message with metrics in the making. The options lock is held for reading while it is.
 */
#ifndef IOTKIT_API_DRAFT_H
#define IOTKIT_API_DRAFT_H

#include "api/handle.h"

enum { DRAFT_TOPIC = 256, DRAFT_PAYLOAD = 512 };

/* Stays where it was begun, since most messages need no other memory. */
struct draft {
	struct outbox_message message; /* whole after draft_finish() */
	struct buffer topic;
	struct buffer payload; /* to be encoded into */
	struct metric_stamp stamp_numbers;
	const struct metric_stamp *stamp; /* for the encoder */
	char topic_room[DRAFT_TOPIC];
	char payload_room[DRAFT_PAYLOAD];
};

/* Begins one for `{topic.base}/{device}/{name}`. On failure there is nothing to free. */
iotkit_status draft_begin(iotkit *iot, struct draft *draft, const char *device, const char *name);
void draft_finish(struct draft *draft);
void draft_free(struct draft *draft);

#endif
