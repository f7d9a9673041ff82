/* SPDX-License-Identifier: MIT
 *
 * Several handles in one process, with several brokers, one of which is frozen: the others go on
 * as if it were not there, and nothing is left of any of them.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum {
	BROKERS = 3,
	HANDLES = 6,
	FROZEN = 0,
	MESSAGES = 300,
	HEAVY = 400,
	HEAVY_SIZE = 20000,
	LIMIT_MS = 5000 /* for what takes some milliseconds, and with the frozen one for ever */
};

static struct broker brokers[BROKERS];
static iotkit *handles[HANDLES];
static int descriptors;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_of_the_library(const char *thread)
{
	char path[288], name[16] = "";

	snprintf(path, sizeof path, "/proc/self/task/%s/comm", thread);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false; /* it has ended */
	if (fgets(name, sizeof name, file) == NULL)
		name[0] = '\0';
	fclose(file);
	return strncmp(name, "iotkit", 6) == 0 || strncmp(name, "MQTTAsync", 9) == 0;
}

static int count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	ck_assert_ptr_nonnull(tasks);
	for (const struct dirent *task; (task = readdir(tasks)) != NULL;)
		count += is_of_the_library(task->d_name);
	closedir(tasks);
	return count;
}

/* Paho's end a moment after its last client is gone, and a look-up's after who asked for it has
 * gone on; what they have open goes with them. */
static void expect_no_threads(void)
{
	const int64_t deadline = now_ms() + EXPECT_MS;
	const struct timespec pause = {.tv_nsec = 5000000};

	while (count_threads() > 0 && now_ms() < deadline)
		nanosleep(&pause, NULL);
	ck_assert_int_eq(count_threads(), 0);
}

static void start(void)
{
	for (int i = 0; i < BROKERS; i++) {
		brokers[i] = (struct broker){.config = "max_queued_messages 0"};
		broker_start(&brokers[i]);
	}
	/* The first opens what stays: paho's, and the resolver's. */
	iotkit_close(expect_connected(brokers[FROZEN].uri, NULL));
	expect_no_threads();
	descriptors = expect_descriptors();
	for (int i = 0; i < HANDLES; i++) {
		handles[i] = expect_open(brokers[i % BROKERS].uri, NULL);
		ck_assert_int_eq(iotkit_connect(handles[i], 0), IOTKIT_OK);
	}
	for (int i = 0; i < HANDLES; i++)
		ck_assert_int_eq(iotkit_connect(handles[i], EXPECT_MS), IOTKIT_OK);
	/* Else they have other names, and none is ever seen. */
	ck_assert_int_gt(count_threads(), HANDLES);
}

static void stop(void)
{
	for (int i = 0; i < HANDLES; i++)
		iotkit_close(handles[i]);
	for (int i = 0; i < BROKERS; i++)
		broker_remove(&brokers[i]);
}

/* More than lies between here and the broker, so that somebody's writing is stuck. */
static void publish_into_the_ice(iotkit *iot)
{
	static const char heavy[HEAVY_SIZE];

	for (int i = 0; i < HEAVY; i++)
		ck_assert_int_eq(iotkit_publish(iot, "ice", heavy, sizeof heavy, i % 3, 0, NULL),
				 IOTKIT_OK);
}

/* Publishes and flushes with a limit; returns whether all went well. */
static void *publish_swiftly(void *handle)
{
	char text[16];

	for (int i = 0; i < MESSAGES; i++) {
		int size = snprintf(text, sizeof text, "%d", i);
		if (iotkit_publish(handle, "swift", text, (size_t)size, 1 + i % 2, 0, NULL) !=
		    IOTKIT_OK)
			return NULL;
		if (i % 100 == 99 && iotkit_flush(handle, LIMIT_MS) != IOTKIT_OK)
			return NULL;
	}
	return handle;
}

static void expect_all_publish_but_the_frozen(void)
{
	pthread_t workers[HANDLES];
	void *done;

	for (int i = 0; i < HANDLES; i++)
		if (i % BROKERS != FROZEN)
			pthread_create(&workers[i], NULL, publish_swiftly, handles[i]);
	for (int i = 0; i < HANDLES; i++) {
		if (i % BROKERS == FROZEN)
			continue;
		pthread_join(workers[i], &done);
		ck_assert_msg(done != NULL, "handle %d was held up", i);
	}
}

static void close_all_in_time(void)
{
	for (int i = 0; i < HANDLES; i++) {
		int64_t begun = now_ms();
		iotkit_close(handles[i]);
		handles[i] = NULL;
		ck_assert_int_lt(now_ms() - begun, LIMIT_MS);
	}
}

static void expect_nothing_left(void)
{
	expect_no_threads();
	ck_assert_int_eq(expect_descriptors(), descriptors);
}

START_TEST(a_frozen_broker_holds_up_no_other_handle)
{
	broker_freeze(&brokers[FROZEN]);
	for (int i = FROZEN; i < HANDLES; i += BROKERS)
		publish_into_the_ice(handles[i]);
	expect_all_publish_but_the_frozen();
	assert_fails(iotkit_flush(handles[FROZEN], 1), IOTKIT_ETIMEOUT, "messages");
	/* One more goes there, and one elsewhere, while it is frozen. */
	iotkit *late = expect_open(brokers[FROZEN].uri, NULL);
	assert_fails(iotkit_connect(late, 10), IOTKIT_ETIMEOUT, "");
	iotkit_close(expect_connected(brokers[1].uri, NULL));
	iotkit_close(late);
	close_all_in_time();
	expect_nothing_left();
}
END_TEST

START_TEST(a_thawed_broker_gets_what_waited_for_it)
{
	iotkit *receiver = expect_connected(brokers[FROZEN].uri, NULL);

	expect_subscribed(receiver, "late", 2);
	broker_freeze(&brokers[FROZEN]);
	for (int i = FROZEN; i < HANDLES; i += BROKERS)
		expect_published(handles[i], "late", "x", 2);
	expect_all_publish_but_the_frozen();
	broker_thaw(&brokers[FROZEN]);
	for (int i = FROZEN; i < HANDLES; i += BROKERS) {
		ck_assert_int_eq(iotkit_flush(handles[i], EXPECT_MS), IOTKIT_OK);
		expect_message(receiver, "late", "x");
	}
	iotkit_close(receiver);
	close_all_in_time();
	expect_nothing_left();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("brokers");
	TCase *frozen = tcase_create("one is frozen");

	tcase_add_checked_fixture(frozen, start, stop);
	tcase_set_timeout(frozen, 120);
	tcase_add_test(frozen, a_frozen_broker_holds_up_no_other_handle);
	tcase_add_test(frozen, a_thawed_broker_gets_what_waited_for_it);
	suite_add_tcase(suite, frozen);
	return suite_run(suite);
}
