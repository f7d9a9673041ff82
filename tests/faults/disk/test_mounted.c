/* SPDX-License-Identifier: MIT
 *
 * A file system that is really full, or really read-only: a small one in memory, in a
 * name space of the round's own. Where mounting is not permitted these do nothing.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/error.h"
#include "life.h"
#include "rounds.h"
#include "suite.h"

enum { SMALL = 50, LARGE = 8000, LARGE_MAX = 200, BOARD_FIRST = 300, BOARD_COUNT = 5 };

static const char small_disk[] = "size=300k";
static const char larger_disk[] = "size=4m";

static bool mount_at(const struct round *round)
{
	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("disk", round->folder, "tmpfs", 0, small_disk) == 0)
		return true;
	printf("skipped: mounting is not permitted here (%s)\n", strerror(errno));
	return false;
}

static void remount(const struct round *round, unsigned long flags, const char *options)
{
	demand(mount("disk", round->folder, "tmpfs", MS_REMOUNT | flags, options) == 0, "%s",
	       strerror(errno));
}

static void begin(struct life *life, const struct round *round, struct ledger *ledger)
{
	life_begin(life, ledger);
	demand(life_attach(life, round->path, STORE_SYNC_PROCESS) == IOTKIT_OK, "%s", error_last());
}

/* Until no more goes in; how many went in. */
static size_t fill(struct life *life, const struct round *round)
{
	size_t count = 0;

	while (life_append(life, count, LARGE, OUTBOX_SAVED) == IOTKIT_OK)
		demand(++count < LARGE_MAX, "it is never full");
	const char *text = error_last();
	demand(strstr(text, round->path) != NULL && strstr(text, "disk is full") != NULL, "%s",
	       text);
	return count;
}

static void send_from_board(struct life *life)
{
	for (size_t i = BOARD_FIRST; i < BOARD_FIRST + BOARD_COUNT; i++)
		demand(life_append(life, i, LARGE, OUTBOX_QUEUED) == IOTKIT_OK, "%s", error_last());
	life_await_ticket(life);
	life_await_failure(life, 1);
}

static void end_and_check(struct life *life, const struct round *round)
{
	life_await_recovery(life, 1);
	demand(life_append(life, LARGE_MAX, SMALL, OUTBOX_SAVED) == IOTKIT_OK, "%s", error_last());
	life_settle(life);
	life_await_failure(life, 1);
	life_end(life);
	ledger_check(life->ledger, round->path, LEDGER_NOTHING_LOST);
	ledger_free(life->ledger);
}

static void fill_and_make_room(const struct round *round, const void *context)
{
	struct life life;

	(void)context;
	if (!mount_at(round))
		return;
	begin(&life, round, ledger_new());
	demand(fill(&life, round) > 0, "nothing went in");
	send_from_board(&life);
	remount(round, 0, larger_disk);
	end_and_check(&life, round);
}

/* What is sent meanwhile cannot be noted either, and makes no room. */
static void fill_and_drain(const struct round *round, const void *context)
{
	struct life life;

	(void)context;
	if (!mount_at(round))
		return;
	begin(&life, round, ledger_new());
	demand(fill(&life, round) > 0, "nothing went in");
	send_from_board(&life);
	for (int number = life_next(&life); number != LIFE_NONE; number = life_next(&life))
		life_acknowledge(&life, number);
	life_await_ticket(&life);
	demand(outbox_empty(life.outbox), "not all came");
	remount(round, 0, larger_disk);
	end_and_check(&life, round);
}

static void open_read_only(const struct round *round, const void *context)
{
	struct ledger *ledger = ledger_new();
	struct life life;

	(void)context;
	if (!mount_at(round))
		return;
	begin(&life, round, ledger);
	demand(life_append(&life, 0, SMALL, OUTBOX_SAVED) == IOTKIT_OK, "%s", error_last());
	life_end(&life);
	remount(round, MS_RDONLY, NULL);
	life_begin(&life, ledger);
	iotkit_status status = life_attach(&life, round->path, STORE_SYNC_PROCESS);
	const char *text = error_last();
	demand(status == IOTKIT_ESYSTEM && strstr(text, round->path) != NULL &&
		       (strstr(text, "read-only") != NULL || strstr(text, "Read-only") != NULL),
	       "status %d: %s", (int)status, text);
	printf("a read-only disk: %s\n", text);
	demand(!outbox_is_durable(life.outbox), "it says that it has a file");
	life_end(&life);
	remount(round, 0, NULL);
	ledger_check(ledger, round->path, LEDGER_NOTHING_LOST);
	ledger_free(ledger);
}

static void make_read_only(const struct round *round, const void *context)
{
	struct life life;

	(void)context;
	if (!mount_at(round))
		return;
	remount(round, MS_RDONLY, NULL);
	life_begin(&life, ledger_new());
	demand(life_attach(&life, round->path, STORE_SYNC_PROCESS) == IOTKIT_ESYSTEM, "%s",
	       error_last());
	demand(strstr(error_last(), "ead-only") != NULL, "%s", error_last());
	life_end(&life);
	ledger_free(life.ledger);
}

static void run_one(const char *name, void (*run)(const struct round *, const void *))
{
	struct rounds rounds = {.name = name, .from = 1, .to = 1, .at_once = 1, .run = run};

	rounds_run(&rounds);
}

START_TEST(on_a_full_disk_nothing_taken_is_lost_and_all_is_saved_once_there_is_room)
{
	run_one("full", fill_and_make_room);
}
END_TEST

START_TEST(what_is_sent_on_a_full_disk_is_gone_once_there_is_room)
{
	run_one("drained", fill_and_drain);
}
END_TEST

START_TEST(a_file_on_a_read_only_disk_is_not_opened_and_stays_as_it_is)
{
	run_one("read-only", open_read_only);
}
END_TEST

START_TEST(no_file_is_made_on_a_read_only_disk)
{
	run_one("read-only, empty", make_read_only);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("a small disk");
	TCase *test = tcase_create("mounted");

	rounds_configure(argc, argv);
	tcase_add_test(test,
		       on_a_full_disk_nothing_taken_is_lost_and_all_is_saved_once_there_is_room);
	tcase_add_test(test, what_is_sent_on_a_full_disk_is_gone_once_there_is_room);
	tcase_add_test(test, a_file_on_a_read_only_disk_is_not_opened_and_stays_as_it_is);
	tcase_add_test(test, no_file_is_made_on_a_read_only_disk);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
