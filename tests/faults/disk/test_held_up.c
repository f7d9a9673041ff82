/* SPDX-License-Identifier: MIT
 *
 * A disk that keeps everybody waiting, and another process that has the database: who
 * may not wait does not, and all is saved in the end.
 */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "disk_vfs.h"
#include "life.h"
#include "outbox/internal.h"
#include "rounds.h"
#include "suite.h"

enum { SMALL = 50, LARGE = 60000, BACKLOG = 24, QUEUED = 300, PATIENCE_MS = 20000 };

static void run_one(const char *name, void (*run)(const struct round *, const void *))
{
	struct rounds rounds = {.name = name, .from = 1, .to = 1, .at_once = 1, .run = run};

	rounds_run(&rounds);
}

static void begin(struct life *life, const struct round *round, enum store_sync sync)
{
	life_begin(life, ledger_new());
	demand(life_attach(life, round->path, sync) == IOTKIT_OK, "%s", error_last());
}

static void append(struct life *life, size_t number, size_t size, enum outbox_care care)
{
	demand(life_append(life, number, size, care) == IOTKIT_OK, "%s", error_last());
}

static void end_and_check(struct life *life, const struct round *round)
{
	life_settle(life);
	life_end(life);
	ledger_check(life->ledger, round->path, LEDGER_NOTHING_LOST);
	ledger_free(life->ledger);
}

/* ---- A sync that stalls ---- */

static void *save_last(void *context)
{
	append(context, QUEUED + 1, SMALL, OUTBOX_SAVED);
	return NULL;
}

/* All that may not wait for the disk, as boards and the session call it. */
static void *do_what_never_waits(void *context)
{
	struct life *life = context;
	struct outbox_counters counters;

	for (size_t i = 2; i <= QUEUED; i++)
		append(life, i, SMALL, OUTBOX_QUEUED);
	outbox_count(life->outbox, &counters);
	demand(counters.rows == QUEUED + 2, "%llu rows", (unsigned long long)counters.rows);
	life_fly(life, 0, 1, true);
	life_acknowledge(life, 0);
	life_put_back(life, 1);
	demand(life_receive(life, 1) == IOTKIT_OK, "%s", error_last());
	demand(life_end_received(life, 1) == IOTKIT_OK, "%s", error_last());
	demand(!outbox_passed(life->outbox, outbox_ticket(life->outbox)), "a ticket has passed");
	demand(!outbox_empty(life->outbox) && outbox_last_id(life->outbox) == QUEUED + 2 &&
		       !outbox_done(life->outbox, 2) && outbox_is_durable(life->outbox),
	       "it does not know what it has");
	return NULL;
}

/* The stall ends only once all this is done, however fast the machine is. */
static void stall_a_sync(const struct round *round, const void *context)
{
	struct disk_plan plan = {.fate = DISK_STALLS, .operations = DISK_SYNC, .at = 1};
	struct timespec deadline;
	struct life life;
	pthread_t saver, board;

	(void)context;
	disk_install(false);
	begin(&life, round, STORE_SYNC_POWER);
	append(&life, 0, SMALL, OUTBOX_SAVED);
	append(&life, 1, SMALL, OUTBOX_SAVED);
	demand(life_next(&life) == 0 && life_next(&life) == 1, "not in order");
	life_fly(&life, 0, 1, false);
	life_settle(&life);
	disk_plan(&plan);
	demand(pthread_create(&saver, NULL, save_last, &life) == 0, "no thread");
	demand(disk_await_stall(PATIENCE_MS), "no sync came");
	demand(pthread_create(&board, NULL, do_what_never_waits, &life) == 0, "no thread");
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += PATIENCE_MS / 1000;
	demand(pthread_timedjoin_np(board, NULL, &deadline) == 0, "somebody waits for the disk");
	disk_release();
	demand(pthread_join(saver, NULL) == 0, "no end");
	end_and_check(&life, round);
}

/* ---- Another process that has the database ---- */

struct holder {
	pid_t pid;
	int orders; /* closed: let go */
};

static void hold(const char *path, int orders, int answers)
{
	sqlite3 *db;
	char order;

	demand(sqlite3_open(path, &db) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, PATIENCE_MS);
	demand(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK, "%s",
	       sqlite3_errmsg(db));
	demand(write(answers, "", 1) == 1, "nobody hears");
	while (read(orders, &order, 1) > 0)
		continue;
	sqlite3_close(db);
	_exit(EXIT_SUCCESS);
}

static void start_holder(struct holder *holder, const char *path)
{
	int orders[2], answers[2];
	char answer;

	demand(pipe(orders) == 0 && pipe(answers) == 0, "no pipe");
	holder->pid = fork();
	demand(holder->pid >= 0, "no process");
	if (holder->pid == 0) {
		close(orders[1]);
		close(answers[0]);
		hold(path, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	demand(read(answers[0], &answer, 1) == 1, "the database cannot be locked");
	close(answers[0]);
	holder->orders = orders[1];
}

static void end_holder(struct holder *holder)
{
	int status;

	close(holder->orders);
	demand(waitpid(holder->pid, &status, 0) == holder->pid && status == 0, "it failed");
}

/* What is saved waits in the journal until the database is free. */
static void lock_while_running(const struct round *round, const void *context)
{
	struct holder holder;
	struct life life;

	(void)context;
	begin(&life, round, STORE_SYNC_PROCESS);
	append(&life, 0, SMALL, OUTBOX_SAVED);
	start_holder(&holder, round->path);
	append(&life, 1, SMALL, OUTBOX_QUEUED);
	append(&life, 2, SMALL, OUTBOX_SAVED);
	life_await_ticket(&life);
	end_holder(&holder);
	demand(life_failures(&life) == 0, "%s", life.failure);
	end_and_check(&life, round);
}

static void lock_before_opening(const struct round *round, const void *context)
{
	struct holder holder;
	struct life life;

	(void)context;
	begin(&life, round, STORE_SYNC_PROCESS);
	append(&life, 0, SMALL, OUTBOX_SAVED);
	life_end(&life);
	start_holder(&holder, round->path);
	struct life locked;
	life_begin(&locked, life.ledger);
	demand(life_attach(&locked, round->path, STORE_SYNC_PROCESS) == IOTKIT_OK, "%s",
	       error_last());
	append(&locked, 1, SMALL, OUTBOX_SAVED);
	life_end(&locked);
	end_holder(&holder);
	ledger_check(life.ledger, round->path, LEDGER_NOTHING_LOST);
	ledger_free(life.ledger);
}

/* More than the outbox keeps in memory. */
static void leave_a_backlog(struct life *life)
{
	for (size_t i = 0; i < BACKLOG; i++)
		append(life, i, LARGE, OUTBOX_SAVED);
}

static void hurry(struct outbox *outbox)
{
	monitor_lock(&outbox->monitor);
	outbox->read_again_at = 0;
	monitor_unlock(&outbox->monitor);
}

/* What is in the file alone cannot be read, and what comes is saved nevertheless. */
static void lock_what_is_to_be_read(const struct round *round, const void *context)
{
	struct holder holder;
	struct life life;
	int number;

	(void)context;
	begin(&life, round, STORE_SYNC_PROCESS);
	leave_a_backlog(&life);
	start_holder(&holder, round->path);
	append(&life, BACKLOG, SMALL, OUTBOX_SAVED);
	while ((number = life_next(&life)) != LIFE_NONE)
		life_acknowledge(&life, number);
	life_await_failure(&life, 1);
	for (size_t i = BACKLOG + 1; i < BACKLOG + 4; i++) {
		hurry(life.outbox);
		append(&life, i, SMALL, OUTBOX_SAVED);
	}
	demand(life_recoveries(&life) == 0, "it works again while it is locked");
	end_holder(&holder);
	hurry(life.outbox);
	life_await_recovery(&life, 1);
	while ((number = life_next(&life)) != LIFE_NONE)
		life_acknowledge(&life, number);
	end_and_check(&life, round);
}

START_TEST(while_a_sync_stalls_only_those_wait_who_asked_to)
{
	run_one("stall", stall_a_sync);
}
END_TEST

START_TEST(what_comes_while_another_process_locks_the_database_is_saved)
{
	run_one("locked", lock_while_running);
}
END_TEST

START_TEST(a_database_that_another_process_locks_need_not_be_waited_for)
{
	run_one("locked before", lock_before_opening);
}
END_TEST

START_TEST(a_database_that_is_locked_when_it_is_to_be_read_does_not_work_again_before_it_is_free)
{
	run_one("locked backlog", lock_what_is_to_be_read);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("a disk that holds everybody up");
	TCase *test = tcase_create("held up");

	rounds_configure(argc, argv);
	tcase_set_timeout(test, 90);
	tcase_add_test(test, while_a_sync_stalls_only_those_wait_who_asked_to);
	tcase_add_test(test, what_comes_while_another_process_locks_the_database_is_saved);
	tcase_add_test(test, a_database_that_another_process_locks_need_not_be_waited_for);
	tcase_add_test(
		test,
		a_database_that_is_locked_when_it_is_to_be_read_does_not_work_again_before_it_is_free);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
