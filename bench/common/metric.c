/* SPDX-License-Identifier: MIT */
#include "metric.h"

#define TOPIC(name) LOAD_BASE "/" METRIC_DEVICE "/" name

enum { QUANTITIES = 4, FIRST = 1500, VALUES = 2500, STEP = 7 }; /* 15.00 to 39.99 */

static const struct metric quantities[QUANTITIES] = {
	{.name = "temperature", .unit = "Cel", .topic = TOPIC("temperature")},
	{.name = "humidity", .unit = "%RH", .topic = TOPIC("humidity")},
	{.name = "light", .unit = "lx", .topic = TOPIC("light")},
	{.name = "battery", .unit = "V", .topic = TOPIC("battery")},
};

struct metric metric_at(long number)
{
	struct metric metric = quantities[number % QUANTITIES];

	metric.hundredths = (int)(FIRST + number * STEP % VALUES);
	metric.value = metric.hundredths / 100.0;
	return metric;
}
