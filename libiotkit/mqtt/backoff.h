/* SPDX-License-Identifier: MIT
 *
 * Pauses between attempts: they grow, and are drawn by lot, so that a thousand
 * clients do not come back to a broker at the same moment.
 */
#ifndef IOTKIT_MQTT_BACKOFF_H
#define IOTKIT_MQTT_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t min_ms;
	int64_t max_ms;
	int64_t ceiling_ms; /* of the next pause; 0 before the first */
};

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms);

/* A pause evenly between min_ms and a ceiling that doubles up to max_ms. */
int64_t backoff_next(struct backoff *backoff);

/* After a connection that held. */
void backoff_reset(struct backoff *backoff);

#endif
