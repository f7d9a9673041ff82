/* SPDX-License-Identifier: MIT */
#include "device/reading.h"

#include <string.h>

#include "base/error.h"
#include "device/unit.h"

void readings_clear(struct readings *readings)
{
	readings->count = 0;
	readings->not_numbers = 0;
	readings->first_not_number.text[0] = '\0';
}

iotkit_status readings_add(struct readings *readings, const char *name, size_t name_size,
			   double value, const char *unit)
{
	struct quote quote;
	const char *senml = unit_senml(unit);

	if (readings->count == READINGS_MAX)
		return error_set(IOTKIT_EFORMAT,
				 "a line has more than %d values; send them on several lines",
				 READINGS_MAX);
	if (name_size == 0)
		return error_set(IOTKIT_EFORMAT, "a value has no name; print name:value");
	if (name_size > METRIC_NAME_MAX)
		return error_set(IOTKIT_EFORMAT,
				 "the name '%s' is longer than %d bytes; shorten it",
				 quote_bytes(&quote, name, name_size), METRIC_NAME_MAX);
	if (strlen(senml) > METRIC_UNIT_MAX)
		return error_set(IOTKIT_EFORMAT,
				 "the unit '%s' is longer than %d bytes; shorten it",
				 quote_text(&quote, senml), METRIC_UNIT_MAX);
	struct reading *reading = &readings->items[readings->count++];
	memcpy(reading->name, name, name_size);
	reading->name[name_size] = '\0';
	strcpy(reading->unit, senml);
	reading->value = value;
	return IOTKIT_OK;
}

void readings_skip(struct readings *readings, const char *name, size_t name_size)
{
	if (readings->not_numbers++ == 0)
		quote_bytes(&readings->first_not_number, name, name_size);
}
