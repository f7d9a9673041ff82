/* SPDX-License-Identifier: MIT
 *
 * A metric by a library that knows none: the number as text, on a topic that is ready.
 */
#include <stdio.h>

#include "metric.h"

enum { NUMBER_SIZE = 32 };

void metric_publish(struct client *client, const struct metric *metric, int qos)
{
	char text[NUMBER_SIZE];
	int size = snprintf(text, sizeof text, "%.10g", metric->value);

	client_publish(client, metric->topic, text, size, qos);
}
