/* SPDX-License-Identifier: MIT
 *
 * The outbox between four threads that append and one that sends, as a session
 * does: a window of flights, acknowledged out of order, some put back.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "outbox/outbox.h"
#include "suite.h"
#include "workshop.h"

enum { THREADS = 4, MESSAGES = 20000, ALL = THREADS * MESSAGES, WINDOW = 32 };

static struct outbox *outbox;
static atomic_int appending;
static atomic_ulong told_dropped;
static atomic_ulong disordered; /* Check's assertions belong to the main thread */
static bool in_file;
static bool seen[ALL + 1]; /* by id: acknowledged; only the sender touches it */

static void count_dropped(void *context, const struct outbox_message *message, const char *why)
{
	(void)why;
	(void)context;
	(void)message;
	atomic_fetch_add(&told_dropped, 1);
}

static void *append_all(void *argument)
{
	struct outbox_message message = {.topic = "topic", .payload = "payload", .size = 7};
	uint64_t last = 0;

	(void)argument;
	for (int i = 0; i < MESSAGES; i++) {
		uint64_t id = 0;
		while (outbox_append(outbox, &message, OUTBOX_QUEUED, &id) != IOTKIT_OK)
			sched_yield();
		if (id <= last)
			atomic_fetch_add(&disordered, 1);
		last = id;
	}
	atomic_fetch_sub(&appending, 1);
	return NULL;
}

/* Takes up to a window, oldest first. */
static size_t take_window(struct outbox_message *flights)
{
	size_t count = 0;

	while (count < WINDOW && outbox_next(outbox, OUTBOX_BACKLOG, &flights[count])) {
		if (count > 0 && flights[count].id <= flights[count - 1].id)
			ck_abort_msg("a younger message came first");
		if (memcmp(flights[count].payload, "payload", 7) != 0)
			ck_abort_msg("message %lu is torn", (unsigned long)flights[count].id);
		count++;
	}
	return count;
}

static void end_flights(struct outbox_message *flights, size_t count, unsigned *seed)
{
	while (count > 0) {
		size_t chosen = (size_t)rand_r(seed) % count;
		uint64_t id = flights[chosen].id;
		flights[chosen] = flights[--count];
		if (rand_r(seed) % 8 == 0) {
			outbox_put_back(outbox, id);
			continue;
		}
		if (seen[id])
			ck_abort_msg("message %lu came twice", (unsigned long)id);
		seen[id] = true;
		outbox_acknowledge(outbox, id);
	}
}

static void use_memory(void)
{
	in_file = false;
}

static void use_file(void)
{
	in_file = true;
	workshop_open();
}

static void clean_up(void)
{
	if (in_file)
		workshop_close();
}

static void run(enum outbox_policy policy)
{
	const struct outbox_listener listener = {.dropped = count_dropped};
	struct outbox_limits limits = {.max_rows = 200, .max_bytes = 1000000, .policy = policy};
	struct outbox_message flights[WINDOW];
	pthread_t threads[THREADS];
	unsigned seed = 1;

	memset(seen, 0, sizeof seen);
	atomic_store(&appending, THREADS);
	atomic_store(&told_dropped, 0);
	ck_assert_int_eq(outbox_open(&listener, &outbox), IOTKIT_OK);
	outbox_set_limits(outbox, &limits);
	if (in_file)
		ck_assert_int_eq(outbox_attach(outbox, at("outbox"), STORE_SYNC_PROCESS),
				 IOTKIT_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, append_all, NULL), 0);
	while (atomic_load(&appending) > 0 || !outbox_empty(outbox)) {
		size_t count = take_window(flights);
		if (count == 0)
			sched_yield();
		end_flights(flights, count, &seed);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static struct outbox_counters finish(void)
{
	struct outbox_counters counters;
	uint64_t acknowledged = 0;

	for (size_t id = 1; id <= ALL; id++)
		acknowledged += seen[id];
	outbox_count(outbox, &counters);
	outbox_close(outbox);
	ck_assert_uint_eq(atomic_load(&disordered), 0);
	ck_assert_uint_eq(counters.accepted, ALL);
	ck_assert_uint_eq(counters.acknowledged, acknowledged);
	ck_assert_uint_eq(counters.dropped, atomic_load(&told_dropped));
	ck_assert_uint_eq(counters.accepted, counters.acknowledged + counters.dropped);
	ck_assert_uint_eq(counters.rows, 0);
	ck_assert_uint_eq(counters.bytes, 0);
	return counters;
}

START_TEST(with_reject_every_message_arrives_once)
{
	run(OUTBOX_REJECT);
	ck_assert_uint_eq(finish().acknowledged, ALL);
}
END_TEST

START_TEST(with_drop_oldest_every_loss_is_told)
{
	run(OUTBOX_DROP_OLDEST);
	finish();
}
END_TEST

START_TEST(with_drop_newest_every_loss_is_told)
{
	run(OUTBOX_DROP_NEWEST);
	finish();
}
END_TEST

static void add_tests(Suite *suite, const char *name, SFun use)
{
	TCase *race = tcase_create(name);

	tcase_add_checked_fixture(race, use, clean_up);
	tcase_set_timeout(race, 60);
	tcase_add_test(race, with_reject_every_message_arrives_once);
	tcase_add_test(race, with_drop_oldest_every_loss_is_told);
	tcase_add_test(race, with_drop_newest_every_loss_is_told);
	suite_add_tcase(suite, race);
}

int main(void)
{
	Suite *suite = suite_create("outbox_threads");

	add_tests(suite, "in memory", use_memory);
	add_tests(suite, "in a file", use_file);
	return suite_run(suite);
}
