/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

/* What is shown of a name that is too long or odd. */
enum { SHOWN_MAX = 40 };

static iotkit_status check_name(const char *what, const char *name)
{
	if (name == NULL || *name == '\0')
		return error_set(IOTKIT_EINVAL, "the %s has no name; give it one of 1 to %d bytes",
				 what, METRIC_NAME_MAX);
	size_t size = strnlen(name, METRIC_NAME_MAX + 1);
	if (size > METRIC_NAME_MAX)
		return error_set(IOTKIT_EINVAL,
				 "the name of the %s, '%.*s...', is longer than %d bytes; "
				 "shorten it",
				 what, SHOWN_MAX, name, METRIC_NAME_MAX);
	if (!utf8_valid(name, size))
		return error_set(IOTKIT_EINVAL,
				 "the name of the %s is not UTF-8; convert it from its encoding",
				 what);
	return IOTKIT_OK;
}

static iotkit_status check_unit(const struct metric *metric)
{
	if (metric->unit == NULL)
		return error_set(IOTKIT_EINVAL, "the unit of '%s' is NULL; give \"\" for none",
				 metric->name);
	size_t size = strnlen(metric->unit, METRIC_UNIT_MAX + 1);
	if (size > METRIC_UNIT_MAX)
		return error_set(IOTKIT_EINVAL,
				 "the unit of '%s' is longer than %d bytes; give a symbol, as Cel "
				 "or %%RH",
				 metric->name, METRIC_UNIT_MAX);
	if (!utf8_valid(metric->unit, size))
		return error_set(IOTKIT_EINVAL,
				 "the unit of '%s' is not UTF-8; convert it from its encoding",
				 metric->name);
	return IOTKIT_OK;
}

iotkit_status metric_check(const struct metric *metric)
{
	iotkit_status status = check_name("device", metric->device);

	if (status == IOTKIT_OK)
		status = check_name("metric", metric->name);
	if (status == IOTKIT_OK)
		status = check_unit(metric);
	if (status == IOTKIT_OK && !isfinite(metric->value))
		status = error_set(IOTKIT_EINVAL,
				   "the value of '%s' is not finite; leave out what could not be "
				   "measured",
				   metric->name);
	return status;
}
