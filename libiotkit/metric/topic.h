/* SPDX-License-Identifier: MIT
 *
 * Which texts are MQTT topics, and how names become topics.
 * Source: MQTT 5.0 sections 1.5.4, 4.7 and 4.8.2; the rules of 3.1.1 are the same.
 */
#ifndef IOTKIT_METRIC_TOPIC_H
#define IOTKIT_METRIC_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum { TOPIC_SIZE_MAX = 65535 };

/* Whether a message may be published to it. Control characters and Unicode's
 * noncharacters are refused as well: the standard lets a broker hang up on them,
 * Mosquitto does, and the message would be sent again after every reconnect. */
bool topic_valid_name(const char *topic, size_t size);

/* Whether it may be subscribed to, "$share/GROUP/FILTER" included. */
bool topic_valid_filter(const char *filter, size_t size);

/* Writes name as one level of a topic: what a level cannot have becomes "_", as does
 * an empty name. Cut after a whole character if out is too small; size is at
 * least 2, and that of the name with its NUL is always enough. Returns whether
 * the level differs from the name. */
bool topic_level(char *out, size_t size, const char *name);

/* Appends "{base}/{device}/{name}" and its NUL; base is taken as it is. */
iotkit_status topic_metric(struct buffer *out, const char *base, const char *device,
			   const char *name);

#endif
