/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* explicit_bzero() */
#include "secrets.h"

#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#include "cli.h"

char *secrets_take(char *argument)
{
	char *copy = strdup(argument);

	if (copy == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	explicit_bzero(argument, strlen(argument));
	return copy;
}

void secrets_forget(char *copy)
{
	if (copy != NULL)
		explicit_bzero(copy, strlen(copy));
	free(copy);
}

char *secrets_take_variable(const char *name)
{
	char *value = getenv(name);

	if (value == NULL || value[0] == '\0')
		return NULL;
	char *copy = secrets_take(value);
	unsetenv(name);
	return copy;
}

/* Also in a URI that the library will refuse, as for an '@' too many. */
static bool uri_has_password(const char *uri)
{
	const char *user = strstr(uri, "://");
	const char *colon = user != NULL ? strchr(user + strlen("://"), ':') : NULL;

	return (colon != NULL && strchr(colon, '@') != NULL) ||
	       strstr(uri, "mqtt.password=") != NULL;
}

bool secrets_are_in(const char *option, const char *value)
{
	const iotkit_option_info *info;

	if (strcmp(option, "broker") == 0)
		return uri_has_password(value);
	for (int32_t i = 0; (info = iotkit_option_at(i)) != NULL; i++)
		if (strcmp(info->name, option) == 0)
			return info->type == IOTKIT_OPTION_SECRET && value[0] != '\0';
	return false;
}
