/* SPDX-License-Identifier: MIT
 *
 * The same test many times, each in a process and a folder of its own, some at once.
 */
#ifndef TESTS_DISK_ROUNDS_H
#define TESTS_DISK_ROUNDS_H

#include <stdint.h>

struct round {
	long n;
	char folder[64]; /* empty, removed afterwards */
	char path[80]; /* of a file in it that does not exist */
};

struct rounds {
	const char *name;
	long from;
	long to; /* inclusive */
	int at_once;
	void (*run)(const struct round *round, const void *context);
	const void *context;
};

/* Fails the test when a round fails; what it demanded is on the standard error then. With a
 * sanitizer only some of them are run. */
void rounds_run(const struct rounds *rounds);

/* In a round, or in a child of one: ends this process unless it is so. */
#define demand(condition, ...)                                                                     \
	((condition) ? (void)0 : demand_failed(__FILE__, __LINE__, #condition, __VA_ARGS__))

_Noreturn void demand_failed(const char *file, int line, const char *condition, const char *format,
			     ...) __attribute__((format(printf, 4, 5)));

/* As --rounds N or IOTKIT_ROUNDS say; else 1. For more of what chance decides. */
void rounds_configure(int argc, char **argv);
long rounds_factor(void);

/* Of this round; with another IOTKIT_SEED another one. */
uint64_t rounds_seed(long n);

#endif
