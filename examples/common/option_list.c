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

/* As roff wants it: a minus that is one when copied, and no escapes or requests by accident. */
static void print_roff(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '-')
			printf("\\-");
		else if (*text == '\\')
			printf("\\e");
		else
			putchar(*text);
	}
}

static void print_paragraph(const iotkit_option_info *info)
{
	char values[VALUES_SIZE];

	describe_values(info, values);
	printf(".TP\n\\fB");
	print_roff(info->name);
	printf("\\fR=\\fI");
	print_roff(values);
	printf("\\fR\n\\&");
	print_roff(info->sentence);
	printf(".\n");
	if (info->default_value[0] == '\0')
		return;
	printf("Default:\n.BR \"");
	print_roff(info->default_value);
	printf("\" \"%s%s.\"\n", info->unit[0] != '\0' ? " " : "", info->unit);
}

void option_list_man(void)
{
	const iotkit_option_info *info;

	printf(".\\\" SPDX-License-Identifier: MIT\n"
	       ".\\\" Made by iotkit-gateway --list-options=man; do not edit.\n"
	       ".TH IOTKIT\\-OPTIONS 5 \"\" \"libiotkit %s\" \"libiotkit\"\n"
	       ".SH NAME\n"
	       "iotkit\\-options \\- options of libiotkit and of its programs\n"
	       ".SH DESCRIPTION\n"
	       "One table serves\n"
	       ".BR iotkit_set_option (),\n"
	       "the query of a broker's URI, the configuration file of\n"
	       ".BR iotkit\\-gateway (1),\n"
	       "where\n"
	       ".B a.b\n"
	       "is the key\n"
	       ".B b\n"
	       "in the section\n"
	       ".BR [a] ,\n"
	       "and\n"
	       ".BI \\-\\-option \" NAME\" = VALUE\n"
	       "of all programs.\n"
	       "A value out of range is an error, and so is a name that does not exist.\n"
	       ".SH OPTIONS\n",
	       iotkit_version());
	for (int32_t i = 0; (info = iotkit_option_at(i)) != NULL; i++)
		print_paragraph(info);
	printf(".SH SEE ALSO\n"
	       ".BR iotkit (3),\n"
	       ".BR iotkit\\-gateway (1)\n");
}
