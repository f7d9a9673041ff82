/* SPDX-License-Identifier: MIT
 *
 * One JSON object a line: {"temperature":23.5,"wind":{"speed":3,"gust":5}} is
 * temperature, wind_speed and wind_gust.
 */
#include <cJSON.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "device/device.h"
#include "device/parse.h"

enum { DEPTH_MAX = 8 };

/* Bytes of a word that JSON does not have but sketches print in place of a
 * number; 0 when there is none. */
static size_t span_not_a_number(const char *at)
{
	size_t sign = *at == '-' ? 1 : 0;
	const char *word = at + sign;

	if (*word == '\0' || strchr("nNiIoO", *word) == NULL)
		return 0;
	if (strncasecmp(word, "nan", 3) != 0 && strncasecmp(word, "inf", 3) != 0 &&
	    strncasecmp(word, "ovf", 3) != 0)
		return 0;
	return strchr(",}] \t", word[3]) != NULL ? sign + 3 : 0;
}

/* Overwrites them by empty strings, which count for nothing. */
static void blank_out_not_numbers(char *text, struct readings *out)
{
	bool in_string = false;

	for (char *at = text; *at != '\0'; at++) {
		if (in_string && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			in_string = !in_string;
		size_t size = in_string ? 0 : span_not_a_number(at);
		if (size == 0)
			continue;
		readings_skip(out, "", 0);
		memset(at, ' ', size);
		at[0] = '"';
		at[1] = '"';
		at += size - 1;
	}
}

/* cJSON reads numbers by strtod(), which heeds the locale. */
static cJSON *read_json(const char *text)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = uselocale(c);
	cJSON *json = cJSON_ParseWithOpts(text, NULL, 1);

	uselocale(before);
	if (c != (locale_t)0)
		freelocale(c);
	return json;
}

static bool is_number(const cJSON *item)
{
	return cJSON_IsNumber(item) || cJSON_IsBool(item);
}

static iotkit_status add(const cJSON *item, const char *name, const char *unit,
			 struct readings *out)
{
	double value = cJSON_IsNumber(item) ? item->valuedouble : cJSON_IsTrue(item);

	if (isfinite(value))
		return readings_add(out, name, strlen(name), value, unit);
	readings_skip(out, name, strlen(name));
	return IOTKIT_OK;
}

static const char *string_member(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text != NULL ? text : "";
}

static iotkit_status walk(const cJSON *parent, const char *path, int depth, struct readings *out);

/* What lies at path_key: a number, or more of them inside. */
static iotkit_status visit(const cJSON *item, const char *path, const char *key, int depth,
			   struct readings *out)
{
	char joined[METRIC_NAME_MAX + 1];
	const char *name = key;
	struct quote quote;

	if (!is_number(item) && !cJSON_IsObject(item) && !cJSON_IsArray(item))
		return IOTKIT_OK;
	if (*path != '\0') {
		snprintf(joined, sizeof joined, "%s_%s", path, key);
		name = joined;
	}
	if (strlen(path) + strlen(key) + (*path != '\0' ? 1 : 0) > METRIC_NAME_MAX)
		return error_set(IOTKIT_EFORMAT,
				 "the name '%s' is longer than %d bytes; shorten it",
				 quote_text(&quote, key), METRIC_NAME_MAX);
	return is_number(item) ? add(item, name, "", out) : walk(item, name, depth + 1, out);
}

/* {"value":23.5,"unit":"C"} is a measurement of the name it lies under, or of the
 * one it brings: {"name":"temperature","value":23.5}. */
static iotkit_status walk(const cJSON *parent, const char *path, int depth, struct readings *out)
{
	const cJSON *value =
		cJSON_IsObject(parent) ? cJSON_GetObjectItemCaseSensitive(parent, "value") : NULL;
	iotkit_status status = IOTKIT_OK;
	unsigned int index = 0;

	if (depth > DEPTH_MAX)
		return error_set(IOTKIT_EFORMAT, "the JSON is nested deeper than %d; flatten it",
				 DEPTH_MAX);
	if (value != NULL && is_number(value) && *path == '\0')
		path = string_member(parent, "name");
	for (const cJSON *item = parent->child; item != NULL && status == IOTKIT_OK;
	     item = item->next) {
		char position[16];
		const char *key = item->string;
		if (key == NULL) /* in an array */
			snprintf(position, sizeof position, "%u", ++index);
		if (item == value && is_number(item))
			status = add(item, *path != '\0' ? path : "value",
				     string_member(parent, "unit"), out);
		else
			status = visit(item, path, key != NULL ? key : position, depth, out);
	}
	return status;
}

iotkit_status json_line_parse(char *line, struct readings *out)
{
	struct quote quote;

	quote_text(&quote, line);
	blank_out_not_numbers(line, out);
	cJSON *json = read_json(line);
	if (json == NULL)
		return error_set(IOTKIT_EFORMAT, "'%s' is not valid JSON; print one object a line",
				 quote.text);
	iotkit_status status = walk(json, "", 1, out);
	cJSON_Delete(json);
	return status;
}

void device_describe_json(char *text, size_t size)
{
	snprintf(text, size, "cJSON %s", cJSON_Version());
}
