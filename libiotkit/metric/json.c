/* SPDX-License-Identifier: MIT
 *
 * The payload "json": one object that says all there is to say.
 */
#include "metric/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "metric/number.h"

bool json_add_text(cJSON *object, const char *key, const char *text)
{
	return cJSON_AddStringToObject(object, key, text) != NULL;
}

bool json_add_number(cJSON *object, const char *key, double value)
{
	char text[NUMBER_TEXT_SIZE];

	number_format(value, text);
	return cJSON_AddRawToObject(object, key, text) != NULL;
}

static bool add_integer(cJSON *object, const char *key, uint64_t value)
{
	char text[NUMBER_TEXT_SIZE];

	snprintf(text, sizeof text, "%" PRIu64, value);
	return cJSON_AddRawToObject(object, key, text) != NULL;
}

bool json_add_stamp(cJSON *object, const struct metric_stamp *stamp)
{
	return stamp == NULL || (add_integer(object, "epoch", stamp->epoch) &&
				 add_integer(object, "seq", stamp->seq));
}

iotkit_status json_append(const cJSON *root, struct buffer *out)
{
	char *text = cJSON_PrintUnformatted(root);

	if (text == NULL)
		return error_set_no_memory();
	iotkit_status status = buffer_append_text(out, text);
	cJSON_free(text);
	return status;
}

static bool add_members(cJSON *object, const struct metric *metric)
{
	return json_add_text(object, "device", metric->device) &&
	       json_add_text(object, "name", metric->name) &&
	       json_add_number(object, "value", metric->value) &&
	       (*metric->unit == '\0' || json_add_text(object, "unit", metric->unit)) &&
	       json_add_number(object, "time", (double)metric->time_ms / 1000.0);
}

iotkit_status metric_encode_json(const struct metric *metric, const struct metric_stamp *stamp,
				 struct buffer *out)
{
	cJSON *object = cJSON_CreateObject();
	iotkit_status status;

	if (object != NULL && add_members(object, metric) && json_add_stamp(object, stamp))
		status = json_append(object, out);
	else
		status = error_set_no_memory();
	cJSON_Delete(object);
	return status;
}

void metric_describe_library(char *text, size_t size)
{
	snprintf(text, size, "cJSON %s", cJSON_Version());
}
