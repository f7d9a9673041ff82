/* SPDX-License-Identifier: MIT
 *
 * Walks each path a few times. Run by bench.py under callgrind, which collects within counted() and
 * dumps after path_done(); it says which path each dump is of.
 *
 * Usage: count_paths [OUTBOX-FOLDER STEPS]; without them it says what it was built by.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "paths.h"

/* Lists grow, and what is made once is made, before anything is counted. */
enum { WARM_UP_STEPS = 64 };

/* The heap grows once and for all, not in the middle of some path. */
enum { HEAP_PAD = 64 << 20 };

void paths_fail(const char *what)
{
	fprintf(stderr, "count_paths: %s: %s\n", what, error_last());
	exit(1);
}

void paths_expect(int status, const char *what)
{
	if (status != IOTKIT_OK)
		paths_fail(what);
}

/* Known to bench.py by their names. */
__attribute__((noinline)) void counted(void (*step)(void));
__attribute__((noinline)) void path_done(const char *name, long steps);

void counted(void (*step)(void))
{
	step();
	__asm__ volatile("" ::: "memory"); /* so that it is a call, and comes back here */
}

void path_done(const char *name, long steps)
{
	printf("%ld\t%s\n", steps, name);
}

static void walk(const struct path *path, long steps)
{
	path->begin();
	for (long i = 0; i < WARM_UP_STEPS + steps; i++) {
		if (i < WARM_UP_STEPS)
			path->step();
		else
			counted(path->step);
		if (path->settle != NULL)
			path->settle();
	}
	path_done(path->name, steps);
	path->end();
}

static int say_what_built_it(void)
{
#ifdef __x86_64__
	const char *processor =
		__builtin_cpu_supports("avx2") ? "x86-64 with AVX2" : "x86-64 without AVX2";
#else
	const char *processor = "no x86-64";
#endif
#ifdef __clang__
	printf("clang %s, %s, %s\n", __clang_version__, COUNTS_FLAGS, processor);
#else
	printf("gcc %d, %s, %s\n", __GNUC__, COUNTS_FLAGS, processor);
#endif
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return say_what_built_it();
	setenv("COUNTS_FOLDER", argv[1], 1);
	mallopt(M_TOP_PAD, HEAP_PAD);
	const long steps = strtol(argv[2], NULL, 10);
	const struct paths all[] = {line_paths(), payload_paths(), accept_paths(), session_paths()};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		for (size_t j = 0; j < all[i].count; j++)
			walk(&all[i].items[j], steps);
	return 0;
}
