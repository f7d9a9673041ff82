/* SPDX-License-Identifier: MIT
 *
 * What one line says: up to 64 measurements, all of them or none.
 */
#ifndef IOTKIT_DEVICE_READING_H
#define IOTKIT_DEVICE_READING_H

#include "device/quote.h"
#include "iotkit.h"
#include "metric/metric.h"

enum { READINGS_MAX = 64 };

struct reading {
	char name[METRIC_NAME_MAX + 1];
	char unit[METRIC_UNIT_MAX + 1]; /* as SenML writes it, "" for none */
	double value; /* finite */
};

struct readings {
	struct reading items[READINGS_MAX];
	size_t count;
	/* Values left out because the board sent nan, inf or ovf, as it does when a
	 * sensor does not answer; and the first one's name, "" where it has none. */
	size_t not_numbers;
	struct quote first_not_number;
};

void readings_clear(struct readings *readings);

/* Adds one measurement; the unit as printed, "" for none. IOTKIT_EFORMAT when the
 * name is empty or too long, the unit too long, or there are too many. */
iotkit_status readings_add(struct readings *readings, const char *name, size_t name_size,
			   double value, const char *unit);

/* Notes a value that is left out. */
void readings_skip(struct readings *readings, const char *name, size_t name_size);

#endif
