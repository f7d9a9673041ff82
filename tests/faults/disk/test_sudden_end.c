/* SPDX-License-Identifier: MIT
 *
 * The process is killed, or the power goes, at any operation on the disk: what was
 * promised is there afterwards.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk_vfs.h"
#include "rounds.h"
#include "script.h"
#include "suite.h"

enum { AT_ONCE = 3 };

struct end {
	const char *name;
	enum disk_fate fate;
	enum store_sync sync;
	enum ledger_loss loss;
	bool has_seed; /* and comes --rounds times at each operation */
};

static const struct end ends[] = {
	{"killed before", DISK_KILLS_BEFORE, STORE_SYNC_PROCESS, LEDGER_NOTHING_LOST, false},
	{"killed after", DISK_KILLS_AFTER, STORE_SYNC_PROCESS, LEDGER_NOTHING_LOST, false},
	{"no power, sync=power", DISK_LOSES_POWER, STORE_SYNC_POWER, LEDGER_NOTHING_LOST, true},
	{"no power, sync=process", DISK_LOSES_POWER, STORE_SYNC_PROCESS, LEDGER_NEWEST_LOST, true},
};

enum { ENDS = sizeof ends / sizeof ends[0] };

/* A script and an end. */
struct trial {
	const struct end *end;
	const struct script *script;
	int prepared_file; /* as the script begins with it; empty: none */
	struct ledger *prepared;
	struct ledger *counted; /* a run without an end */
};

/* ---- What the script begins with is made once ---- */

static void copy(int from, int to)
{
	struct stat status;
	off_t offset = 0;

	demand(fstat(from, &status) == 0, "no size");
	while (offset < status.st_size)
		demand(sendfile(to, from, &offset, (size_t)(status.st_size - offset)) > 0,
		       "no copy");
}

static void prepare(const struct round *round, const void *context)
{
	const struct trial *it = context;

	it->script->prepare(round->path, it->end->sync, it->prepared);
	int fd = open(round->path, O_RDONLY | O_CLOEXEC);
	demand(fd >= 0, "no file");
	copy(fd, it->prepared_file);
	close(fd);
}

static void begin_prepared(const struct trial *it, const char *path, struct ledger *ledger)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	demand(fd >= 0, "no file");
	copy(it->prepared_file, fd);
	close(fd);
	*ledger = *it->prepared;
}

/* ---- Rounds ---- */

/* In a process of its own; its status. */
static int run_script(const struct trial *it, const char *path, const struct disk_plan *plan,
		      struct ledger *ledger)
{
	int status = 0;
	pid_t pid = fork();

	demand(pid >= 0, "no process");
	if (pid == 0) {
		if (it->script->prepare != NULL)
			begin_prepared(it, path, ledger);
		disk_install(it->end->fate == DISK_LOSES_POWER);
		disk_plan(plan);
		it->script->run(path, it->end->sync, ledger);
		ledger->operations = disk_count();
		_exit(EXIT_SUCCESS);
	}
	demand(waitpid(pid, &status, 0) == pid, "no status");
	return status;
}

/* A run may take fewer operations than the one counted: then it ends as it should. */
static bool is_expected(int status, enum disk_fate fate)
{
	if (WIFSIGNALED(status))
		return fate != DISK_LOSES_POWER && WTERMSIG(status) == SIGKILL;
	return WEXITSTATUS(status) == EXIT_SUCCESS ||
	       (fate == DISK_LOSES_POWER && WEXITSTATUS(status) == DISK_POWER_STATUS);
}

static void end_at(const struct round *round, const void *context)
{
	const struct trial *it = context;
	struct disk_plan plan = {.fate = it->end->fate,
				 .operations = DISK_ANY,
				 .at = (round->n - 1) % it->counted->operations + 1,
				 .seed = rounds_seed(round->n)};
	struct ledger *ledger = ledger_new();
	int status = run_script(it, round->path, &plan, ledger);

	demand(is_expected(status, it->end->fate), "the script failed (status %d)", status);
	ledger_check(ledger, round->path, it->end->loss);
	ledger_free(ledger);
}

static void count_operations(const struct round *round, const void *context)
{
	const struct trial *it = context;
	struct disk_plan plan = {.operations = DISK_ANY};
	int status = run_script(it, round->path, &plan, it->counted);

	demand(status == EXIT_SUCCESS, "the script failed (status %d)", status);
	ledger_check(it->counted, round->path, LEDGER_NOTHING_LOST);
}

static void run_once(const struct trial *it, const char *name,
		     void (*run)(const struct round *round, const void *context))
{
	struct rounds rounds = {
		.name = name, .from = 1, .to = 1, .at_once = 1, .run = run, .context = it};

	rounds_run(&rounds);
}

static void run_trial(const struct end *end, const struct script *script, long seeds)
{
	struct trial it = {.end = end,
			   .script = script,
			   .prepared_file = memfd_create("prepared", MFD_CLOEXEC),
			   .prepared = ledger_new(),
			   .counted = ledger_new()};
	char name[96];

	snprintf(name, sizeof name, "%s, %s", script->name, end->name);
	if (script->prepare != NULL)
		run_once(&it, name, prepare);
	run_once(&it, name, count_operations);
	struct rounds rounds = {.name = name,
				.from = 1,
				.to = it.counted->operations,
				.at_once = AT_ONCE,
				.run = end_at,
				.context = &it};
	if (end->has_seed)
		rounds.to *= seeds * rounds_factor();
	printf("%s: %ld rounds over %ld operations, seed %llu\n", name, rounds.to,
	       it.counted->operations, (unsigned long long)rounds_seed(0));
	rounds_run(&rounds);
	close(it.prepared_file);
	ledger_free(it.prepared);
	ledger_free(it.counted);
}

START_TEST(what_was_promised_is_there_after_an_end_at_any_operation)
{
	run_trial(&ends[_i], &script_lives, 2);
}
END_TEST

START_TEST(what_a_kit_sends_again_is_taken_once_after_an_end_at_any_operation)
{
	run_trial(&ends[_i], &script_kits, 2);
}
END_TEST

START_TEST(what_was_promised_is_there_after_an_end_while_space_is_given_back)
{
	run_trial(&ends[_i], &script_shrink, 1);
}
END_TEST

START_TEST(what_was_promised_with_power_is_there_whatever_was_promised_before)
{
	run_trial(&ends[_i], &script_safer, 2);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("a sudden end");
	TCase *test = tcase_create("operations");

	rounds_configure(argc, argv);
	tcase_set_timeout(test, 0);
	tcase_add_loop_test(test, what_was_promised_is_there_after_an_end_at_any_operation, 0,
			    ENDS);
	tcase_add_loop_test(
		test, what_a_kit_sends_again_is_taken_once_after_an_end_at_any_operation, 0, ENDS);
	tcase_add_loop_test(test, what_was_promised_is_there_after_an_end_while_space_is_given_back,
			    0, ENDS);
	tcase_add_loop_test(
		test, what_was_promised_with_power_is_there_whatever_was_promised_before, 0, ENDS);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
