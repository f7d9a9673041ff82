/* SPDX-License-Identifier: MIT
 *
 * A disk that fails or is full, once or for a while: the outbox says so, takes from
 * boards what it can in memory, and saves it when the disk works again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "disk_vfs.h"
#include "life.h"
#include "rounds.h"
#include "suite.h"

enum {
	AT_ONCE = 8, /* most of the time they wait for the outbox to gather */
	SMALL = 50,
	LARGE = 60000, /* so many of them that SQLite copies its log into the file */
	LARGE_COUNT = 80,
	LARGE_ROUNDS = 12
};

/* Which operations fail how. */
struct failure {
	const char *name;
	enum disk_fate fate;
	unsigned operations;
};

static const struct failure failures[] = {
	{"a write fails once", DISK_FAILS_ONCE, DISK_WRITE},
	{"writes fail from then on", DISK_FAILS_FROM_THEN_ON, DISK_WRITE},
	{"the disk is full once", DISK_IS_FULL_ONCE, DISK_WRITE},
	{"the disk is full from then on", DISK_IS_FULL_FROM_THEN_ON, DISK_WRITE},
	{"a sync fails once", DISK_FAILS_ONCE, DISK_SYNC},
	{"syncs fail from then on", DISK_FAILS_FROM_THEN_ON, DISK_SYNC},
	{"all fails once", DISK_FAILS_ONCE, DISK_ANY},
	{"all fails from then on", DISK_FAILS_FROM_THEN_ON, DISK_ANY},
};

enum { FAILURES = sizeof failures / sizeof failures[0] };

struct trial {
	const struct failure *failure;
	void (*work)(struct life *life);
	bool mends; /* while the outbox is open; else afterwards */
	long operations;
	long stride; /* between the operations tried */
	struct ledger *counted;
};

static void demand_sentence(iotkit_status status, const char *path)
{
	const char *text = error_last();

	demand(status == IOTKIT_ESYSTEM, "status %d: %s", (int)status, text);
	demand(strstr(text, path) != NULL && strstr(text, "disk") != NULL, "%s", text);
}

/* ---- What is done meanwhile ---- */

/* One message, as a board or the application sends it. */
static void send(struct life *life, size_t number, size_t size, enum outbox_care care)
{
	iotkit_status status = life_append(life, number, size, care);

	if (care == OUTBOX_SAVED && status != IOTKIT_OK)
		demand_sentence(status, "outbox.db");
	else
		demand(status == IOTKIT_OK, "%s", error_last());
}

static void work_small(struct life *life)
{
	for (size_t i = 0; i < 12; i += 3) {
		send(life, i, SMALL, OUTBOX_SAVED);
		send(life, i + 1, SMALL, OUTBOX_QUEUED);
		life_append_from(
			life, i + 2, SMALL,
			&(struct ledger_origin){
				.known = true, .kit = i % 2, .boot = 1, .seq = (uint32_t)i + 1});
		life_await_ticket(life);
		int number = life_next(life);
		demand(number != LIFE_NONE, "nothing to send");
		life_fly(life, number, (uint16_t)(i + 1), false);
		demand(life_receive(life, (uint16_t)(i + 1)) == IOTKIT_OK, "%s", error_last());
		life_await_ticket(life);
		if (i % 2 == 0)
			life_acknowledge(life, number);
		else
			life_put_back(life, number);
		demand(life_end_received(life, (uint16_t)(i + 1)) == IOTKIT_OK, "%s", error_last());
		life_await_ticket(life);
	}
}

static void work_large(struct life *life)
{
	for (size_t i = 0; i < LARGE_COUNT; i++)
		send(life, i, LARGE, i % 20 == 19 ? OUTBOX_SAVED : OUTBOX_QUEUED);
	life_await_ticket(life);
}

/* ---- Rounds ---- */

/* Once the disk works, all that was taken can be saved: that of the caller with it. */
static void mend(struct life *life)
{
	disk_plan(NULL);
	demand(life_append(life, LEDGER_MESSAGES - 1, SMALL, OUTBOX_SAVED) == IOTKIT_OK, "%s",
	       error_last());
	long told = life_failures(life);
	life_await_recovery(life, told);
	life_settle(life);
}

/* A file that could not be made or opened is as good afterwards. */
static void fail_to_attach(struct life *life, iotkit_status status, const struct round *round)
{
	demand_sentence(status, round->path);
	demand(!outbox_is_durable(life->outbox), "it says that it has a file");
	life_end(life);
	disk_plan(NULL);
	ledger_check(life->ledger, round->path, LEDGER_NOTHING_LOST);
}

static void run_round(const struct trial *it, const struct round *round,
		      const struct disk_plan *plan, struct ledger *ledger)
{
	struct life life;

	disk_install(false);
	disk_plan(plan);
	life_begin(&life, ledger);
	iotkit_status status = life_attach(&life, round->path, STORE_SYNC_POWER);
	if (status != IOTKIT_OK) {
		fail_to_attach(&life, status, round);
		return;
	}
	it->work(&life);
	demand(life_failures(&life) <= 1 || it->failure->fate == DISK_FAILS_ONCE, "told %ld times",
	       life_failures(&life));
	ledger->operations = disk_count();
	if (it->mends)
		mend(&life);
	life_end(&life);
	disk_plan(NULL);
	ledger_check(ledger, round->path, it->mends ? LEDGER_NOTHING_LOST : LEDGER_REFUSED_KEPT);
}

static void fail_at(const struct round *round, const void *context)
{
	const struct trial *it = context;
	struct disk_plan plan = {.fate = it->failure->fate,
				 .operations = it->failure->operations,
				 .at = round->n * it->stride};
	struct ledger *ledger = ledger_new();

	run_round(it, round, &plan, ledger);
	ledger_free(ledger);
}

static void count_operations(const struct round *round, const void *context)
{
	const struct trial *it = context;
	struct disk_plan plan = {.operations = it->failure->operations};

	run_round(it, round, &plan, it->counted);
}

static void run_trial(struct trial *it, long rounds_max)
{
	struct rounds rounds = {.name = it->failure->name,
				.from = 1,
				.to = 1,
				.at_once = 1,
				.run = count_operations,
				.context = it};

	it->counted = ledger_new();
	rounds_run(&rounds);
	long operations = it->counted->operations;
	it->stride = operations / rounds_max + 1;
	rounds.to = operations / it->stride;
	rounds.at_once = AT_ONCE;
	rounds.run = fail_at;
	rounds_run(&rounds);
	printf("%s: %ld rounds over %ld operations\n", it->failure->name, rounds.to, operations);
	ledger_free(it->counted);
}

START_TEST(nothing_taken_is_lost_by_a_disk_that_fails_and_works_again)
{
	struct trial trial = {.failure = &failures[_i], .work = work_small, .mends = true};

	run_trial(&trial, 1000);
}
END_TEST

START_TEST(nothing_saved_is_lost_by_a_disk_that_fails_until_the_end)
{
	struct trial trial = {.failure = &failures[_i], .work = work_small};

	run_trial(&trial, 1000);
}
END_TEST

START_TEST(nothing_taken_is_lost_by_a_disk_that_fails_while_the_log_is_copied)
{
	struct trial trial = {.failure = &failures[_i], .work = work_large, .mends = true};

	run_trial(&trial, LARGE_ROUNDS * rounds_factor());
}
END_TEST

/* ---- What is told ---- */

static void fail_for_a_while(const struct round *round, const void *context)
{
	const struct failure *failure = context;
	struct disk_plan plan = {.fate = failure->fate, .operations = failure->operations, .at = 1};
	struct ledger *ledger = ledger_new();
	struct life life;

	disk_install(false);
	life_begin(&life, ledger);
	demand(life_attach(&life, round->path, STORE_SYNC_POWER) == IOTKIT_OK, "%s", error_last());
	send(&life, 0, SMALL, OUTBOX_SAVED);
	disk_plan(&plan);
	send(&life, 1, SMALL, OUTBOX_QUEUED);
	life_await_ticket(&life);
	life_await_failure(&life, 1);
	demand_sentence(life_append(&life, 2, SMALL, OUTBOX_SAVED), round->path);
	printf("an append that is to be saved: %s\ntold: %s\n", error_last(), life.failure);
	for (int number = 0; number < 2; number++) {
		demand(life_next(&life) == number, "message %d did not come", number);
		life_fly(&life, number, (uint16_t)(number + 1), false);
		life_await_ticket(&life);
	}
	demand(life_next(&life) == LIFE_NONE, "a message that was refused came");
	life_acknowledge(&life, 1);
	send(&life, 3, SMALL, OUTBOX_QUEUED);
	disk_plan(NULL);
	life_await_recovery(&life, 1);
	life_settle(&life);
	life_await_failure(&life, 1);
	life_end(&life);
	ledger_check(ledger, round->path, LEDGER_NOTHING_LOST);
	ledger_free(ledger);
}

START_TEST(a_disk_that_fails_for_a_while_is_told_once_and_mends_by_itself)
{
	struct rounds rounds = {.name = failures[_i].name,
				.from = 1,
				.to = 1,
				.at_once = 1,
				.run = fail_for_a_while,
				.context = &failures[_i]};

	if (failures[_i].fate != DISK_FAILS_ONCE && failures[_i].fate != DISK_IS_FULL_ONCE)
		rounds_run(&rounds);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("a failing disk");
	TCase *test = tcase_create("failures");

	rounds_configure(argc, argv);
	tcase_add_loop_test(test, nothing_taken_is_lost_by_a_disk_that_fails_and_works_again, 0,
			    FAILURES);
	tcase_add_loop_test(test, nothing_saved_is_lost_by_a_disk_that_fails_until_the_end, 0,
			    FAILURES);
	tcase_add_loop_test(test,
			    nothing_taken_is_lost_by_a_disk_that_fails_while_the_log_is_copied, 0,
			    FAILURES);
	tcase_add_loop_test(test, a_disk_that_fails_for_a_while_is_told_once_and_mends_by_itself, 0,
			    FAILURES);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
