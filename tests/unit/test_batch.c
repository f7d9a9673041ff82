/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "metric/batch.h"
#include "suite.h"

enum { MS = 100, MAX = 3, CLOSED_MAX = 4096 };

/* What close() was given: for each pack the device and its values. */
static struct {
	char device[16];
	size_t count;
	double values[MAX];
	char last_name[16];
	char last_unit[16];
} closed[CLOSED_MAX];
static size_t closed_count;
static bool refusing;
static struct batches *batches;

static iotkit_status keep(void *context, const char *device, const struct metric *metrics,
			  const uint64_t *kept, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(kept[i], 0);
	ck_assert_ptr_eq(context, &closed_count);
	ck_assert_uint_ge(count, 1);
	ck_assert_uint_le(count, MAX);
	if (refusing)
		return error_set(IOTKIT_EFULL, "the outbox is full");
	ck_assert_uint_lt(closed_count, CLOSED_MAX);
	snprintf(closed[closed_count].device, sizeof closed[0].device, "%s", device);
	closed[closed_count].count = count;
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq(metrics[i].device, device);
		closed[closed_count].values[i] = metrics[i].value;
	}
	snprintf(closed[closed_count].last_name, sizeof closed[0].last_name, "%s",
		 metrics[count - 1].name);
	snprintf(closed[closed_count].last_unit, sizeof closed[0].last_unit, "%s",
		 metrics[count - 1].unit);
	closed_count++;
	return IOTKIT_OK;
}

static void open_with(int64_t ms, int64_t max)
{
	struct batch_settings settings = {.ms = ms, .max = max, .close = keep};

	settings.context = &closed_count;
	closed_count = 0;
	refusing = false;
	ck_assert_int_eq(batches_open(&settings, &batches), IOTKIT_OK);
}

static void open_batches(void)
{
	open_with(MS, MAX);
}

static void close_batches(void)
{
	batches_close(batches);
}

static iotkit_status add(const char *device, double value, int64_t now_ms)
{
	char name[] = "name";
	char unit[] = "V";
	struct metric metric = {device, name, unit, value, 0};
	int64_t due = batches_due(batches);
	bool due_changed;
	iotkit_status status = batches_add(batches, &metric, 0, now_ms, &due_changed);

	ck_assert(due_changed || batches_due(batches) == due);
	/* What was taken is a copy. */
	memset(name, 'x', sizeof name - 1);
	memset(unit, 'x', sizeof unit - 1);
	return status;
}

static void assert_added(const char *device, double value, int64_t now_ms)
{
	ck_assert_int_eq(add(device, value, now_ms), IOTKIT_OK);
}

static void assert_closed(size_t index, const char *device, size_t count, double first)
{
	ck_assert_uint_lt(index, closed_count);
	ck_assert_str_eq(closed[index].device, device);
	ck_assert_uint_eq(closed[index].count, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_double_eq(closed[index].values[i], first + (double)i);
	ck_assert_str_eq(closed[index].last_name, "name");
	ck_assert_str_eq(closed[index].last_unit, "V");
}

START_TEST(nothing_is_never_due)
{
	ck_assert_int_eq(batches_due(batches), CLOCK_NEVER);
	ck_assert_int_eq(batches_flush(batches, CLOCK_NEVER), IOTKIT_OK);
	ck_assert_uint_eq(closed_count, 0);
}
END_TEST

START_TEST(a_pack_closes_when_it_has_max_metrics)
{
	assert_added("a", 1, 0);
	assert_added("a", 2, 10);
	ck_assert_uint_eq(closed_count, 0);
	assert_added("a", 3, 20);
	ck_assert_uint_eq(closed_count, 1);
	assert_closed(0, "a", 3, 1);
	ck_assert_int_eq(batches_due(batches), CLOCK_NEVER);
}
END_TEST

START_TEST(a_pack_closes_when_it_is_ms_old)
{
	assert_added("a", 1, 1000);
	assert_added("a", 2, 1050);
	ck_assert_int_eq(batches_due(batches), 1000 + MS);
	ck_assert_int_eq(batches_flush(batches, 1000 + MS - 1), IOTKIT_OK);
	ck_assert_uint_eq(closed_count, 0);
	ck_assert_int_eq(batches_flush(batches, 1000 + MS), IOTKIT_OK);
	assert_closed(0, "a", 2, 1);
	ck_assert_int_eq(batches_due(batches), CLOCK_NEVER);
}
END_TEST

START_TEST(a_metric_that_comes_late_closes_its_pack)
{
	assert_added("a", 1, 0);
	assert_added("a", 2, MS + 50);
	assert_closed(0, "a", 2, 1);
}
END_TEST

START_TEST(each_device_has_its_own_pack)
{
	assert_added("a", 1, 0);
	assert_added("b", 11, 40);
	assert_added("a", 2, 50);
	ck_assert_int_eq(batches_flush(batches, MS), IOTKIT_OK);
	ck_assert_uint_eq(closed_count, 1);
	assert_closed(0, "a", 2, 1);
	ck_assert_int_eq(batches_due(batches), 40 + MS);
	ck_assert_int_eq(batches_flush(batches, CLOCK_NEVER), IOTKIT_OK);
	assert_closed(1, "b", 1, 11);
}
END_TEST

START_TEST(without_a_wait_or_with_a_max_of_one_each_metric_is_a_pack)
{
	close_batches();
	open_with(0, MAX);
	assert_added("a", 1, 5);
	assert_added("a", 2, 5);
	ck_assert_uint_eq(closed_count, 2);
	close_batches();
	open_with(MS, 1);
	assert_added("a", 1, 5);
	assert_added("a", 2, 5);
	ck_assert_uint_eq(closed_count, 2);
	assert_closed(1, "a", 1, 2);
}
END_TEST

START_TEST(a_refused_pack_stays_and_the_next_metric_is_refused)
{
	refusing = true;
	for (int i = 1; i <= MAX; i++)
		assert_added("a", i, 0);
	assert_fails(add("a", 9, 1), IOTKIT_EFULL, "the outbox is full");
	assert_fails(batches_flush(batches, CLOCK_NEVER), IOTKIT_EFULL, "full");
	refusing = false;
	assert_added("a", 4, 2);
	ck_assert_uint_eq(closed_count, 1);
	assert_closed(0, "a", MAX, 1);
	ck_assert_int_eq(batches_flush(batches, CLOCK_NEVER), IOTKIT_OK);
	assert_closed(1, "a", 1, 4);
}
END_TEST

START_TEST(a_pack_that_closes_at_last_leaves_the_younger_ones)
{
	refusing = true;
	for (int i = 1; i <= MAX; i++)
		assert_added("a", i, 0);
	assert_added("b", 11, 1);
	assert_added("c", 21, 2);
	refusing = false;
	assert_added("a", 4, 3);
	ck_assert_int_eq(batches_flush(batches, CLOCK_NEVER), IOTKIT_OK);
	ck_assert_uint_eq(closed_count, 4);
	assert_closed(0, "a", MAX, 1);
	assert_closed(1, "b", 1, 11);
	assert_closed(2, "c", 1, 21);
	assert_closed(3, "a", 1, 4);
}
END_TEST

START_TEST(a_refused_pack_is_due_again_later_not_at_once)
{
	refusing = true;
	assert_added("a", 1, 0);
	assert_added("b", 1, 0);
	ck_assert_int_eq(batches_flush(batches, MS), IOTKIT_EFULL);
	ck_assert_int_eq(batches_due(batches), MS + BATCH_RETRY_MS);
	/* Not full yet: it still takes metrics. */
	assert_added("a", 2, MS + 1);
	refusing = false;
	ck_assert_int_eq(batches_flush(batches, MS + BATCH_RETRY_MS), IOTKIT_OK);
	assert_closed(0, "a", 2, 1);
	assert_closed(1, "b", 1, 1);
}
END_TEST

START_TEST(beyond_the_most_devices_the_oldest_pack_closes)
{
	char device[16];

	for (int i = 0; i < BATCH_DEVICES_MAX; i++) {
		snprintf(device, sizeof device, "d%d", i);
		assert_added(device, i, i / 100);
	}
	ck_assert_uint_eq(closed_count, 0);
	refusing = true;
	ck_assert_int_eq(add("one", 7, 50), IOTKIT_EFULL);
	refusing = false;
	assert_added("one", 7, 50);
	ck_assert_uint_eq(closed_count, 1);
	assert_closed(0, "d0", 1, 0);
	ck_assert_int_eq(batches_flush(batches, CLOCK_NEVER), IOTKIT_OK);
	ck_assert_uint_eq(closed_count, BATCH_DEVICES_MAX + 1);
	assert_closed(BATCH_DEVICES_MAX, "one", 1, 7);
}
END_TEST

START_TEST(what_is_left_is_freed)
{
	assert_added("a", 1, 0);
	assert_added("b", 1, 0);
	batches_close(NULL);
}
END_TEST

/* ---- Many threads on one device, an outbox that is full now and then ---- */

enum { THREADS = 4, METRICS = 20000 };

static double last_of_thread[THREADS];
static size_t received;
static size_t disordered;
static unsigned calls;

/* No lock: the batches must not call it from two threads at once. */
static iotkit_status count_in_order(void *context, const char *device, const struct metric *metrics,
				    const uint64_t *kept, size_t count)
{
	(void)kept;
	(void)context;
	(void)device;
	if (++calls % 7 == 0)
		return error_set(IOTKIT_EFULL, "full now");
	for (size_t i = 0; i < count; i++) {
		int thread = metrics[i].name[0] - '0';
		disordered += metrics[i].value != last_of_thread[thread] + 1;
		last_of_thread[thread] = metrics[i].value;
	}
	received += count;
	return IOTKIT_OK;
}

static void *add_many(void *argument)
{
	const char *name = argument;

	for (int i = 1; i <= METRICS; i++) {
		struct metric metric = {"shared", name, "V", i, 0};
		bool changed;
		while (batches_add(batches, &metric, 0, i, &changed) != IOTKIT_OK)
			continue;
		if (i % 100 == 0)
			batches_flush(batches, batches_due(batches));
	}
	return NULL;
}

START_TEST(threads_that_race_lose_nothing_and_keep_their_order)
{
	static char names[THREADS][2] = {"0", "1", "2", "3"};
	struct batch_settings settings = {.ms = 50, .max = 16, .close = count_in_order};
	pthread_t threads[THREADS];

	close_batches();
	ck_assert_int_eq(batches_open(&settings, &batches), IOTKIT_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, names[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	while (batches_flush(batches, CLOCK_NEVER) != IOTKIT_OK)
		continue;
	ck_assert_uint_eq(received, THREADS * METRICS);
	ck_assert_uint_eq(disordered, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("batch");
	TCase *batch = tcase_create("batch");

	tcase_set_timeout(batch, 60);
	tcase_add_checked_fixture(batch, open_batches, close_batches);
	tcase_add_test(batch, nothing_is_never_due);
	tcase_add_test(batch, a_pack_closes_when_it_has_max_metrics);
	tcase_add_test(batch, a_pack_closes_when_it_is_ms_old);
	tcase_add_test(batch, a_metric_that_comes_late_closes_its_pack);
	tcase_add_test(batch, each_device_has_its_own_pack);
	tcase_add_test(batch, without_a_wait_or_with_a_max_of_one_each_metric_is_a_pack);
	tcase_add_test(batch, a_refused_pack_stays_and_the_next_metric_is_refused);
	tcase_add_test(batch, a_pack_that_closes_at_last_leaves_the_younger_ones);
	tcase_add_test(batch, a_refused_pack_is_due_again_later_not_at_once);
	tcase_add_test(batch, beyond_the_most_devices_the_oldest_pack_closes);
	tcase_add_test(batch, what_is_left_is_freed);
	tcase_add_test(batch, threads_that_race_lose_nothing_and_keep_their_order);
	suite_add_tcase(suite, batch);
	return suite_run(suite);
}
