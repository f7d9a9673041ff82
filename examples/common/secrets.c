/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* explicit_bzero() */
#include "secrets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#include "cli.h"

static char *take(char *argument)
{
	char *copy = strdup(argument);

	if (copy == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	explicit_bzero(argument, strlen(argument));
	return copy;
}

void secrets_forget(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

char *secrets_take_variable(const char *name)
{
	char *value = getenv(name);

	if (value == NULL || value[0] == '\0')
		return NULL;
	char *copy = take(value);
	unsetenv(name);
	return copy;
}

/* Also in a URI that the library will refuse, as for an '@' too many, or without a scheme. */
static bool uri_has_password(const char *uri)
{
	const char *scheme = strstr(uri, "://");
	const char *colon = strchr(scheme != NULL ? scheme + strlen("://") : uri, ':');

	return (colon != NULL && strchr(colon, '@') != NULL) ||
	       strstr(uri, "mqtt.password=") != NULL;
}

static bool are_in(const char *option, const char *value)
{
	const iotkit_option_info *info;

	if (strcmp(option, "broker") == 0)
		return uri_has_password(value);
	for (int32_t i = 0; (info = iotkit_option_at(i)) != NULL; i++)
		if (strcmp(info->name, option) == 0)
			return info->type == IOTKIT_OPTION_SECRET && value[0] != '\0';
	return false;
}

char *secrets_guard(struct secrets *secrets, const char *option, char *argument)
{
	if (!are_in(option, argument))
		return argument;
	if (secrets->count == SECRETS_MAX)
		cli_usage_error("more than %d passwords", SECRETS_MAX);
	return secrets->copies[secrets->count++] = take(argument);
}

void secrets_warn(const struct secrets *secrets)
{
	if (secrets->count > 0)
		cli_warning("others can read a password on the command line; "
			    "use --option mqtt.password_file=FILE");
}

void secrets_wipe(struct secrets *secrets)
{
	while (secrets->count > 0)
		secrets_forget(secrets->copies[--secrets->count]);
}
