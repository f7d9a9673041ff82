/* SPDX-License-Identifier: MIT
 *
 * Waiting for what a handle tells. Every wait has the same generous deadline,
 * and fails the test with the last thing that was told instead.
 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <stdint.h>

#include "iotkit.h"

enum { EXPECT_MS = 20000 };

/* Opens a handle whose pauses between attempts are short; options are pairs of
 * name and value, ended by NULL, and may be NULL. */
iotkit *expect_open(const char *uri, const char *const *options);

/* The same, connected. */
iotkit *expect_connected(const char *uri, const char *const *options);

/* Subscribes and waits for the broker's consent. */
void expect_subscribed(iotkit *iot, const char *filter, int32_t qos);

/* The next event of a type; all before it are skipped. */
const iotkit_event *expect_event(iotkit *iot, int32_t type);

/* The next event of a type whose text contains a part. */
const iotkit_event *expect_text(iotkit *iot, int32_t type, const char *part);

/* The next message; its topic and payload are what is given. */
const iotkit_event *expect_message(iotkit *iot, const char *topic, const char *payload);

/* Publishes text, at this QoS, not retained. */
void expect_published(iotkit *iot, const char *topic, const char *payload, int32_t qos);

/* No event of a type comes within a while; a wait that a good library fills. */
void expect_none(iotkit *iot, int32_t type, int32_t within_ms);

/* The counters. */
iotkit_stats expect_stats(iotkit *iot);

/* How many descriptors this process has open. */
int expect_descriptors(void);

#endif
