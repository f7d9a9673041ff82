/* SPDX-License-Identifier: MIT */
#include "rounds.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { ROUND_S = 60, SEED = 20261123 };

static long factor = 1;
static char current[64];

void rounds_configure(int argc, char **argv)
{
	const char *text = getenv("IOTKIT_ROUNDS");

	if (argc == 3 && strcmp(argv[1], "--rounds") == 0)
		text = argv[2];
	if (text != NULL && strtol(text, NULL, 10) > 0)
		factor = strtol(text, NULL, 10);
}

long rounds_factor(void)
{
	return factor;
}

uint64_t rounds_seed(long n)
{
	const char *text = getenv("IOTKIT_SEED");
	uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : SEED;

	return seed * 1000003u + (uint64_t)n;
}

void demand_failed(const char *file, int line, const char *condition, const char *format, ...)
{
	const char *name = strrchr(file, '/');
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: %s:%d: %s: %s\n", current, name != NULL ? name + 1 : file, line,
		condition, text);
	fflush(stderr);
	_exit(EXIT_FAILURE);
}

/* In memory, where a machine has such a folder: what a power cut leaves is made up. */
static void make_folder(struct round *round)
{
	const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(round->folder, sizeof round->folder, "%s/iotkit-disk-XXXXXX", parent);
	ck_assert_ptr_nonnull(mkdtemp(round->folder));
	snprintf(round->path, sizeof round->path, "%s/outbox.db", round->folder);
}

static void remove_folder(const struct round *round)
{
	DIR *folder = opendir(round->folder);
	struct dirent *entry;
	char path[sizeof round->folder + sizeof entry->d_name + 1];

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", round->folder, entry->d_name);
		unlink(path);
	}
	if (folder != NULL)
		closedir(folder);
	rmdir(round->folder);
}

/* One of those that run at once; pid 0: none. */
struct place {
	pid_t pid;
	struct round round;
};

static void start(const struct rounds *rounds, struct place *place, long n)
{
	place->round.n = n;
	make_folder(&place->round);
	fflush(NULL);
	place->pid = fork();
	ck_assert_int_ge(place->pid, 0);
	if (place->pid > 0)
		return;
	snprintf(current, sizeof current, "%s, round %ld", rounds->name, n);
	/* Check's handler would end all of this process group. */
	signal(SIGALRM, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	alarm(ROUND_S);
	rounds->run(&place->round, rounds->context);
	fflush(NULL);
	_exit(EXIT_SUCCESS);
}

/* Waits for one of ours to end; 1 when it failed. */
static long finish(const struct rounds *rounds, struct place *places)
{
	int status = 0;
	pid_t pid = wait(&status);
	struct place *place = places;

	while (place < places + rounds->at_once && place->pid != pid)
		place++;
	if (place == places + rounds->at_once)
		return 0;
	remove_folder(&place->round);
	place->pid = 0;
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s, round %ld: ended by signal %d\n", rounds->name, place->round.n,
			WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? 0 : 1;
}

/* Of many rounds one in so many, unless more are asked for. */
static long stride_of_rounds(void)
{
	if (factor > 1)
		return 1;
	return SUITE_SANITIZED ? 8 : 3;
}

void rounds_run(const struct rounds *rounds)
{
	struct place *places = calloc((size_t)rounds->at_once, sizeof *places);
	const long stride = stride_of_rounds();
	long failed = 0;
	int running = 0;

	ck_assert_ptr_nonnull(places);
	for (long n = rounds->from; n <= rounds->to || running > 0;) {
		if (n <= rounds->to && running < rounds->at_once) {
			struct place *place = places;
			while (place->pid != 0)
				place++;
			start(rounds, place, n);
			n += stride;
			running++;
			continue;
		}
		failed += finish(rounds, places);
		running--;
	}
	free(places);
	ck_assert_msg(failed == 0, "%s: %ld of %ld rounds failed", rounds->name, failed,
		      (rounds->to - rounds->from) / stride + 1);
}
