/* SPDX-License-Identifier: MIT */
#include "api/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/nearest.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "metric/topic.h"

enum { BASE_MAX = 255, CLIENT_ID_MAX = 65535 };

static bool is_secret(enum option option)
{
	return options_info(option)->type == IOTKIT_OPTION_SECRET;
}

static char *copy_value(enum option option, const char *value)
{
	return is_secret(option) ? secret_copy(value) : strdup(value);
}

/* 1, 0, or -1 for neither. */
static int parse_boolean(const char *value)
{
	static const char *const yes[] = {"on", "true", "yes", "1"};
	static const char *const no[] = {"off", "false", "no", "0"};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (strcasecmp(value, yes[i]) == 0)
			return 1;
		if (strcasecmp(value, no[i]) == 0)
			return 0;
	}
	return -1;
}

static void free_value(struct options *options, enum option option)
{
	if (is_secret(option))
		secret_free(options->values[option]);
	else
		free(options->values[option]);
	options->values[option] = NULL;
}

/* What is asked for at every message is worked out here. False when memory is short. */
static bool keep_value(struct options *options, enum option option, const char *value)
{
	const int32_t type = options_info(option)->type;
	char *copy = copy_value(option, value);

	if (copy == NULL)
		return false;
	free_value(options, option);
	options->values[option] = copy;
	if (type == IOTKIT_OPTION_INTEGER)
		options->numbers[option] = strtoll(value, NULL, 10);
	else if (type == IOTKIT_OPTION_BOOLEAN)
		options->numbers[option] = parse_boolean(value) == 1;
	return true;
}

iotkit_status options_init(struct options *options)
{
	*options = (struct options){0};
	for (int i = 0; i < OPTION_COUNT; i++) {
		const char *value = options_info((enum option)i)->default_value;
		if (!keep_value(options, (enum option)i, value)) {
			options_free(options);
			return error_set_no_memory();
		}
	}
	return IOTKIT_OK;
}

iotkit_status options_copy(struct options *to, const struct options *from)
{
	*to = (struct options){0};
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (!keep_value(to, (enum option)i, from->values[i])) {
			options_free(to);
			return error_set_no_memory();
		}
	}
	return IOTKIT_OK;
}

void options_free(struct options *options)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		free_value(options, (enum option)i);
}

/* ---- finding ---- */

static iotkit_status explain_unknown(const char *name)
{
	const char *best = NULL;
	size_t least = SIZE_MAX;

	for (int i = 0; i < OPTION_COUNT; i++) {
		const char *candidate = options_info((enum option)i)->name;
		size_t distance = nearest_distance(name, candidate);
		/* "keepalive_s" is nearest to the option that ends like it. */
		const char *tail = strchr(candidate, '.');
		if (tail != NULL && strcmp(tail + 1, name) == 0)
			distance = 0;
		if (distance < least) {
			least = distance;
			best = candidate;
		}
	}
	return error_set(IOTKIT_ENOENT, "there is no option '%.64s'; did you mean '%s'?", name,
			 best);
}

iotkit_status options_find(const char *name, enum option *out)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(name, options_info((enum option)i)->name) == 0) {
			*out = (enum option)i;
			return IOTKIT_OK;
		}
	}
	return explain_unknown(name);
}

/* ---- checking ---- */

static iotkit_status check_integer(const iotkit_option_info *info, const char *value)
{
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || number < info->min || number > info->max)
		return error_set(IOTKIT_EINVAL,
				 "the option %s takes a whole number from %" PRId64 " to %" PRId64
				 "%s%s, not '%.64s'",
				 info->name, info->min, info->max, info->unit[0] != '\0' ? " " : "",
				 info->unit, value);
	return IOTKIT_OK;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (const char *at = choices; at != NULL; at = strchr(at, '|')) {
		at += *at == '|';
		if (length > 0 && strcspn(value, "|") == length &&
		    strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0'))
			return true;
	}
	return false;
}

static iotkit_status check_text(enum option option, const char *value)
{
	size_t length = strlen(value);

	if (!utf8_valid(value, length))
		return error_set(IOTKIT_EINVAL, "the option %s is not UTF-8 text",
				 options_info(option)->name);
	if (option == OPTION_TOPIC_BASE && (length > BASE_MAX || !topic_valid_name(value, length)))
		return error_set(
			IOTKIT_EINVAL,
			"the option topic.base takes a topic of 1 to %d bytes without + and "
			"#, not '%.64s'",
			BASE_MAX, value);
	if (length > CLIENT_ID_MAX)
		return error_set(IOTKIT_EINVAL, "the option %s is longer than %d bytes",
				 options_info(option)->name, CLIENT_ID_MAX);
	return IOTKIT_OK;
}

static iotkit_status check(enum option option, const char *value)
{
	const iotkit_option_info *info = options_info(option);

	if (info->type == IOTKIT_OPTION_INTEGER)
		return check_integer(info, value);
	if (info->type == IOTKIT_OPTION_BOOLEAN && parse_boolean(value) < 0)
		return error_set(IOTKIT_EINVAL, "the option %s takes on or off, not '%.64s'",
				 info->name, value);
	if (info->type == IOTKIT_OPTION_CHOICE && !is_choice(info->choices, value))
		return error_set(IOTKIT_EINVAL, "the option %s takes one of %s, not '%.64s'",
				 info->name, info->choices, value);
	return check_text(option, value);
}

iotkit_status options_set(struct options *options, enum option option, const char *value)
{
	iotkit_status status = check(option, value);

	if (status != IOTKIT_OK)
		return status;
	return keep_value(options, option, value) ? IOTKIT_OK : error_set_no_memory();
}

/* ---- reading ---- */

const char *options_text(const struct options *options, enum option option)
{
	return options->values[option];
}

int64_t options_number(const struct options *options, enum option option)
{
	return options->numbers[option];
}

bool options_flag(const struct options *options, enum option option)
{
	return options->numbers[option] != 0;
}

bool options_is(const struct options *options, enum option option, const char *choice)
{
	return strcmp(options->values[option], choice) == 0;
}
