/* SPDX-License-Identifier: MIT
 *
 * What all programs do alike on the command line: one table of options gives
 * both the parsing and --help, errors are `iotkit-pub: sentence`, and the exit
 * status is 0, 1 (it failed) or 2 (called wrongly).
 */
#ifndef EXAMPLES_COMMON_CLI_H
#define EXAMPLES_COMMON_CLI_H

#include <stdbool.h>
#include <stdnoreturn.h>

#define CLI_EXIT_USAGE 2

#if defined(__GNUC__)
#define CLI_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define CLI_PRINTF
#endif

/* The key of an argument that is no option, in a program that takes such. */
#define CLI_OPERAND 1

/* The key of an option that has no short form. */
#define CLI_LONG_ONLY 256

struct cli_option {
	int key; /* the short option's letter, or a number from CLI_LONG_ONLY on */
	const char *name; /* the long option, without its dashes */
	const char *argument; /* as --help calls it; "[=X]" when it may be left out; NULL: none */
	const char *help; /* NULL: --help keeps silent about it */
};

struct cli_program {
	const char *name;
	const char *usage; /* what follows the name in the usage line */
	const char *summary;
	const struct cli_option *options; /* ended by a row without a name */
	const struct cli_option *const *shared; /* more such tables, ended by NULL; or NULL */
	const char *notes; /* printed below the options, or NULL */
	bool operands; /* takes arguments that are no options */
};

/* Begins to parse. --help and --version need no row in the tables. From now on the
 * program leaves no core file. */
void cli_start(const struct cli_program *program, int argc, char **argv);

/* The next option's key, its argument in *argument; -1 when there are no more.
 * An operand comes as the argument of CLI_OPERAND.
 * Deals with --help, --version and unknown options itself, by exiting. */
int cli_next(char **argument);

/* Print nothing on standard error from now on. */
void cli_quiet(void);

void cli_error(const char *format, ...) CLI_PRINTF;
void cli_warning(const char *format, ...) CLI_PRINTF;

/* Also printed when quiet, since nothing else says why the program did nothing. */
noreturn void cli_usage_error(const char *format, ...) CLI_PRINTF;

/* A whole number from min to max, or a usage error that calls it `what`. */
int cli_integer(const char *text, int min, int max, const char *what);

/* Writes out what standard output still holds; false after telling that this,
 * or an earlier write, failed. */
bool cli_flush_output(void);

#endif
