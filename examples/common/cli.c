/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <iotkit.h>

#define OPTIONS_MAX 48
#define HELP_COLUMN 32

enum { KEY_HELP = 1000, KEY_VERSION };

static const struct cli_option standard_options[] = {
	{KEY_HELP, "help", NULL, "print this help and exit"},
	{KEY_VERSION, "version", NULL, "print the version and exit"},
	{0, NULL, NULL, NULL},
};

static const struct cli_program *current;
static int argument_count;
static char **arguments;
static char letters[2 * OPTIONS_MAX + 2];
static struct option names[OPTIONS_MAX + 1];
static bool quiet;

static bool argument_may_lack(const struct cli_option *row)
{
	return row->argument != NULL && row->argument[0] == '[';
}

/* While connected the memory holds keys: no core file shall have them, and no other
 * program of this user read them. */
static void keep_memory_private(void)
{
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
#endif
}

/* Translates a table's rows into what getopt_long() reads. */
static void add_options(const struct cli_option *row, size_t *count)
{
	for (; row != NULL && row->name != NULL && *count < OPTIONS_MAX; row++) {
		int needs = row->argument == NULL    ? no_argument
			    : argument_may_lack(row) ? optional_argument
						     : required_argument;
		names[(*count)++] = (struct option){row->name, needs, NULL, row->key};
		if (row->key < CLI_LONG_ONLY) {
			char letter[3] = {(char)row->key, needs == required_argument ? ':' : '\0'};
			strcat(letters, letter);
		}
	}
}

void cli_start(const struct cli_program *program, int argc, char **argv)
{
	size_t count = 0;

	keep_memory_private();
	current = program;
	argument_count = argc;
	arguments = argv;
	/* getopt_long() begins its messages with this; the path helps nobody. */
	if (argc > 0)
		argv[0] = (char *)program->name;
	/* So getopt_long() hands out what is no option in its place. */
	if (program->operands)
		strcpy(letters, "-");
	add_options(program->options, &count);
	for (size_t i = 0; program->shared != NULL && program->shared[i] != NULL; i++)
		add_options(program->shared[i], &count);
	add_options(standard_options, &count);
}

/* Each line of the text begins in the same column. */
static void print_right(const char *text)
{
	for (; *text != '\0'; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	putchar('\n');
}

static void print_options(const struct cli_option *row)
{
	for (; row != NULL && row->name != NULL; row++) {
		char left[80];
		char letter[8] = "    ";

		if (row->help == NULL)
			continue;
		if (row->key < CLI_LONG_ONLY)
			snprintf(letter, sizeof letter, "-%c, ", row->key);
		snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name,
			 row->argument == NULL || argument_may_lack(row) ? "" : " ",
			 row->argument == NULL ? "" : row->argument);
		/* A left side that is too wide gets a line of its own. */
		if (strlen(left) + 2 > HELP_COLUMN)
			printf("%s\n%*s", left, HELP_COLUMN, "");
		else
			printf("%-*s", HELP_COLUMN, left);
		print_right(row->help);
	}
}

static void print_help(void)
{
	printf("Usage: %s %s\n%s\n\nOptions:\n", current->name, current->usage, current->summary);
	print_options(current->options);
	for (size_t i = 0; current->shared != NULL && current->shared[i] != NULL; i++)
		print_options(current->shared[i]);
	print_options(standard_options);
	if (current->notes != NULL)
		printf("\n%s\n", current->notes);
}

static noreturn void exit_after_output(void)
{
	exit(cli_flush_output() ? EXIT_SUCCESS : EXIT_FAILURE);
}

static noreturn void exit_usage(void)
{
	fprintf(stderr, "Try '%s --help' for more information.\n", current->name);
	exit(CLI_EXIT_USAGE);
}

int cli_next(char **argument)
{
	int key = getopt_long(argument_count, arguments, letters, names, NULL);

	switch (key) {
	case -1:
		if (optind < argument_count && current->operands) { /* after "--" */
			*argument = arguments[optind++];
			return CLI_OPERAND;
		}
		if (optind < argument_count)
			cli_usage_error("unexpected argument '%s'", arguments[optind]);
		break;
	case '?':
		exit_usage();
	case KEY_HELP:
		print_help();
		exit_after_output();
	case KEY_VERSION:
		printf("%s (libiotkit) %s\n", current->name, iotkit_version());
		exit_after_output();
	default:
		break;
	}
	*argument = optarg;
	return key;
}

void cli_quiet(void)
{
	quiet = true;
}

static void say(const char *kind, const char *format, va_list args)
{
	/* One write a line, so that lines of several programs do not mix. */
	char text[2048];

	vsnprintf(text, sizeof text, format, args);
	fprintf(stderr, "%s: %s%s\n", current->name, kind, text);
}

void cli_error(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void cli_warning(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	say("warning: ", format, args);
	va_end(args);
}

noreturn void cli_usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
	exit_usage();
}

int cli_integer(const char *text, int min, int max, const char *what)
{
	char *end = NULL;

	errno = 0;
	long number = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || number < min || number > max)
		cli_usage_error("%s must be a whole number from %d to %d, not '%s'", what, min, max,
				text);
	return (int)number;
}

bool cli_flush_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	cli_error("cannot write to standard output: %s", strerror(errno));
	return false;
}
