/* SPDX-License-Identifier: MIT
 *
 * A message as the outbox keeps it.
 */
#ifndef IOTKIT_OUTBOX_MESSAGE_H
#define IOTKIT_OUTBOX_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct outbox_message {
	uint64_t id;
	const char *topic;
	const void *payload;
	size_t size;
	int32_t qos;
	int32_t retain;
	int64_t time_ms; /* when it was accepted */
	int64_t expires_ms; /* moment from which nobody wants it; 0: never */
	/* Who published it as what (publish.id); 0: not told */
	uint64_t epoch;
	uint64_t seq;
};

#endif
