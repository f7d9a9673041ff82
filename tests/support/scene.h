/* SPDX-License-Identifier: MIT
 *
 * A gateway between a kit named `shed` and a broker, and somebody who listens there.
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "broker.h"
#include "expect.h"
#include "kit.h"

struct scene {
	struct broker broker; /* what is to be set of it: before scene_open() */
	char folder[64];
	char link[128]; /* leads to the kit's port, while it is plugged in */
	char port_uri[160];
	char box[128]; /* for outbox.path */
	struct kit kit;
	iotkit *iot; /* the gateway */
	iotkit *receiver;
};

/* Starts the broker, and nothing else. */
void scene_open(struct scene *scene);
void scene_close(struct scene *scene);

/* The receiver subscribes to iotkit/#. */
void scene_listen(struct scene *scene);

/* Plugs the kit in, and opens the gateway with its port; options as for expect_open(). */
void scene_gateway(struct scene *scene, const char *const *options);

/* The same, and connects it, and the kit is greeted. */
void scene_begin(struct scene *scene, const char *const *options);

/* The receiver's next message that is no status; its topic and payload are what is given. */
const iotkit_event *scene_message(struct scene *scene, const char *topic, const char *payload);

/* Readings of kit_measure() arrive, these and no others. */
void scene_numbers(struct scene *scene, uint32_t first, uint32_t last);

/* The state of the shed as its status topic tells it; others before are skipped. */
void scene_status(struct scene *scene, const char *state);

#endif
