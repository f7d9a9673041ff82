/* SPDX-License-Identifier: MIT
 *
 * The n-th request for memory fails, for every n: the outbox says so, leaks nothing, and
 * what it has taken is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "life.h"
#include "rounds.h"
#include "scarce_memory.h"
#include "suite.h"

enum { AT_ONCE = 4, SMALL = 50, EARLIER = 4, MESSAGES = 12, PACKETS = 4 };

struct trial {
	const char *name;
	bool from_then_on;
	struct ledger *counted;
};

static const struct trial trials[] = {
	{.name = "one request for memory fails"},
	{.name = "requests for memory fail from then on", .from_then_on = true},
};

/* A failure is for want of memory, and says that. */
static bool works(iotkit_status status)
{
	demand(status == IOTKIT_OK || status == IOTKIT_ENOMEM, "status %d: %s", (int)status,
	       error_last());
	demand(status == IOTKIT_OK || strstr(error_last(), "memory") != NULL, "%s", error_last());
	return status == IOTKIT_OK;
}

/* A file with a flight and messages that wait. */
static void live_before(const struct round *round, struct ledger *ledger)
{
	struct life life;

	life_begin(&life, ledger);
	demand(life_attach(&life, round->path, STORE_SYNC_PROCESS) == IOTKIT_OK, "%s",
	       error_last());
	for (size_t i = 0; i < EARLIER; i++)
		demand(life_append(&life, i, SMALL, OUTBOX_SAVED) == IOTKIT_OK, "%s", error_last());
	demand(life_next(&life) == 0, "not in order");
	life_fly(&life, 0, 1, false);
	life_settle(&life);
	life_end(&life);
}

/* What waits goes out, each with another end. */
static void send_all(struct life *life, uint16_t packet_id)
{

	for (int number; (number = life_next(life)) != LIFE_NONE; packet_id++) {
		life_fly(life, number, packet_id, packet_id % 2 == 0);
		life_await_ticket(life);
		if (packet_id % 3 == 1)
			life_acknowledge(life, number);
	}
}

static void work(struct life *life)
{
	struct outbox_flight flights[EARLIER];
	char text[64];

	demand(outbox_flights(life->outbox, flights, EARLIER) == 1, "the flight is forgotten");
	for (size_t i = EARLIER; i < MESSAGES; i++)
		works(life_append(life, i, SMALL, i % 2 == 0 ? OUTBOX_SAVED : OUTBOX_QUEUED));
	for (uint16_t i = 1; i <= PACKETS; i++)
		if (works(life_receive(life, i)) && i % 2 == 0)
			works(life_end_received(life, i));
	works(outbox_set_text(life->outbox, "name", "value"));
	works(outbox_get_text(life->outbox, "name", text, sizeof text));
	send_all(life, 2);
	life_acknowledge(life, 0);
}

/* With memory again, all that waits comes. */
static void recover(struct life *life)
{
	demand(life_append(life, MESSAGES, SMALL, OUTBOX_SAVED) == IOTKIT_OK, "%s", error_last());
	long told = life_failures(life);
	demand(told == 0 || strstr(life->failure, "memory") != NULL, "%s", life->failure);
	life_await_recovery(life, told);
	send_all(life, 100);
	demand(life->ledger->messages[MESSAGES].state_count > 1, "the newest did not come");
	life_settle(life);
}

/* A life of which this request fails; how many there were. */
static long live_scarcely(const struct round *round, const struct trial *it, long at,
			  struct ledger *ledger)
{
	struct life life;

	life_begin(&life, ledger);
	long before = scarce_memory_in_use() - 1; /* outbox_open() had one piece */
	scarce_memory_begin(at, it->from_then_on);
	bool attached = works(life_attach(&life, round->path, STORE_SYNC_PROCESS));
	if (attached)
		work(&life);
	else
		demand(!outbox_is_durable(life.outbox), "it says that it has a file");
	long requests = scarce_memory_end();
	if (attached)
		recover(&life);
	life_end(&life);
	demand(scarce_memory_in_use() == before, "%ld pieces of memory are not freed",
	       scarce_memory_in_use() - before);
	return requests;
}

static void fail_at(const struct round *round, const void *context)
{
	const struct trial *it = context;
	struct ledger *ledger = ledger_new();

	live_before(round, ledger);
	live_scarcely(round, it, round->n, ledger);
	ledger_check(ledger, round->path, LEDGER_NOTHING_LOST);
	ledger_free(ledger);
}

static void count_requests(const struct round *round, const void *context)
{
	const struct trial *it = context;

	live_before(round, it->counted);
	it->counted->operations = live_scarcely(round, it, 0, it->counted);
	ledger_check(it->counted, round->path, LEDGER_NOTHING_LOST);
}

START_TEST(what_was_taken_is_there_and_nothing_leaks_whichever_request_for_memory_fails)
{
	struct trial trial = trials[_i];
	struct rounds rounds = {.name = trial.name,
				.from = 1,
				.to = 1,
				.at_once = AT_ONCE,
				.run = count_requests,
				.context = &trial};

	trial.counted = ledger_new();
	rounds_run(&rounds);
	rounds.to = trial.counted->operations;
	rounds.run = fail_at;
	rounds_run(&rounds);
	printf("%s: %ld rounds\n", trial.name, rounds.to);
	ck_assert_int_gt(rounds.to, MESSAGES);
	ledger_free(trial.counted);
}
END_TEST

START_TEST(an_outbox_that_cannot_be_made_for_want_of_memory_says_so)
{
	struct outbox_listener listener = {0};
	struct outbox *outbox = NULL;
	long before = scarce_memory_in_use();

	scarce_memory_begin(1, false);
	iotkit_status status = outbox_open(&listener, &outbox);
	scarce_memory_end();
	ck_assert_int_eq(status, IOTKIT_ENOMEM);
	ck_assert_int_eq(scarce_memory_in_use(), before);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("scarce memory");
	TCase *test = tcase_create("requests");

	rounds_configure(argc, argv);
	tcase_add_loop_test(
		test, what_was_taken_is_there_and_nothing_leaks_whichever_request_for_memory_fails,
		0, 2);
	tcase_add_test(test, an_outbox_that_cannot_be_made_for_want_of_memory_says_so);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
