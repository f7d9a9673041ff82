/* SPDX-License-Identifier: MIT
 *
 * The metrics that are published: four quantities of one device, in turns.
 */
#ifndef BENCH_COMMON_METRIC_H
#define BENCH_COMMON_METRIC_H

#include "client.h"

#define METRIC_DEVICE "greenhouse"

struct metric {
	const char *name;
	const char *unit;
	const char *topic; /* for who does not make it of device and name */
	int hundredths;
	double value; /* the same as a number */
};

/* The one of this number. */
struct metric metric_at(long number);

/* By iotkit_publish_metric(), with the QoS and in the form of the load; each other client makes a
 * text of it, which is metric_text.c. */
void metric_publish(struct client *client, const struct metric *metric, int qos);

#endif
