/* SPDX-License-Identifier: MIT */
#include "option_list.h"

#include <inttypes.h>
#include <stdio.h>

#include <iotkit.h>

#define VALUES_SIZE 256

/* Which values the option takes, as "0 to 65535" or "text|json|senml". */
static void describe_values(const iotkit_option_info *info, char text[VALUES_SIZE])
{
	switch (info->type) {
	case IOTKIT_OPTION_INTEGER:
		snprintf(text, VALUES_SIZE, "%" PRId64 " to %" PRId64, info->min, info->max);
		break;
	case IOTKIT_OPTION_BOOLEAN:
		snprintf(text, VALUES_SIZE, "on|off");
		break;
	case IOTKIT_OPTION_CHOICE:
		snprintf(text, VALUES_SIZE, "%s", info->choices);
		break;
	case IOTKIT_OPTION_PATH:
		snprintf(text, VALUES_SIZE, "file");
		break;
	case IOTKIT_OPTION_SECRET:
		snprintf(text, VALUES_SIZE, "secret text");
		break;
	default:
		snprintf(text, VALUES_SIZE, "text");
	}
}

void option_list_text(void)
{
	const iotkit_option_info *info;

	for (int32_t i = 0; (info = iotkit_option_at(i)) != NULL; i++) {
		char values[VALUES_SIZE];

		describe_values(info, values);
		printf("%s=%s%s%s\n        %s (%s)\n", info->name, info->default_value,
		       info->unit[0] != '\0' ? " " : "", info->unit, info->sentence, values);
	}
}

/* A bar would end the cell. */
static void print_cell(const char *text)
{
	for (; *text != '\0'; text++)
		printf("%s%c", *text == '|' ? "\\" : "", *text);
}

static void print_row(const iotkit_option_info *info)
{
	char values[VALUES_SIZE];

	describe_values(info, values);
	printf("| `%s` | ", info->name);
	print_cell(values);
	if (info->default_value[0] != '\0')
		printf(" | `%s`", info->default_value);
	else
		printf(" | ");
	printf(" | %s | ", info->unit);
	print_cell(info->sentence);
	printf(" |\n");
}

void option_list_markdown(void)
{
	const iotkit_option_info *info;

	printf("# Options\n\n"
	       "<!-- Made by `iotkit-gateway --list-options=markdown`; do not edit. -->\n\n"
	       "One table serves `iotkit_set_option()`, the query of a broker's URI, the "
	       "gateway's\n"
	       "INI file (`a.b` is the key `b` in the section `[a]`) and `--option NAME=VALUE` of\n"
	       "all programs.\n\n"
	       "| name | values | default | unit | what it does |\n"
	       "| --- | --- | --- | --- | --- |\n");
	for (int32_t i = 0; (info = iotkit_option_at(i)) != NULL; i++)
		print_row(info);
}
