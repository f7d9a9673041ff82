/* SPDX-License-Identifier: MIT
 *
 * Flushing, disconnecting and closing while there is still something going on.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum { VERSIONS = 2 };

static const char *const versions[VERSIONS] = {"3.1.1", "5"};
static struct broker broker;
static iotkit *iot;
static iotkit *observer;

static void start(void)
{
	broker = (struct broker){.config = "max_queued_messages 1000000"};
	broker_start(&broker);
	iot = observer = NULL;
}

static void stop(void)
{
	iotkit_close(iot);
	iotkit_close(observer);
	broker_remove(&broker);
}

START_TEST(closing_with_messages_in_flight_leaves_no_will)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};

	observer = expect_connected(broker.uri, NULL);
	expect_subscribed(observer, "#", 1);
	iot = expect_open(broker.uri, options);
	ck_assert_int_eq(iotkit_set_will(iot, "will", "died", 4, 1, 0), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	broker_freeze(&broker);
	expect_published(iot, "last", "words", 1);
	iotkit_close(iot);
	iot = NULL;
	broker_thaw(&broker);
	/* Whatever comes of the words, what follows them is not the will. */
	expect_published(observer, "after", "it", 1);
	const iotkit_event *event;
	do {
		event = expect_event(observer, IOTKIT_EVENT_MESSAGE);
		ck_assert_str_ne(event->topic, "will");
	} while (strcmp(event->topic, "after") != 0);
	expect_none(observer, IOTKIT_EVENT_MESSAGE, 500);
}
END_TEST

/* ---- others go on publishing ---- */

static atomic_bool enough;

static void *publish_on(void *handle)
{
	while (!atomic_load(&enough))
		iotkit_publish(handle, "stream", "x", 1, 1, 0, NULL);
	return NULL;
}

START_TEST(flush_and_disconnect_wait_only_for_what_was_before_them)
{
	const char *options[] = {"mqtt.version", versions[_i], "outbox.max_rows", "100", NULL};
	pthread_t thread;

	iot = expect_connected(broker.uri, options);
	atomic_store(&enough, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, publish_on, iot), 0);
	expect_event(iot, IOTKIT_EVENT_DELIVERED);
	iotkit_status flushed = iotkit_flush(iot, EXPECT_MS);
	iotkit_status disconnected = iotkit_disconnect(iot, EXPECT_MS);
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
	ck_assert_int_eq(flushed, IOTKIT_OK);
	ck_assert_int_eq(disconnected, IOTKIT_OK);
}
END_TEST

static void *disconnect_patiently(void *handle)
{
	iotkit_disconnect(handle, -1);
	return NULL;
}

START_TEST(a_disconnect_in_a_hurry_hurries_one_that_waits)
{
	pthread_t thread;

	broker_stop(&broker);
	iot = expect_open(broker.uri, NULL);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	expect_published(iot, "t", "x", 1);
	/* It would never end by itself: nobody takes the message. */
	ck_assert_int_eq(pthread_create(&thread, NULL, disconnect_patiently, iot), 0);
	/* Told to stop, it refuses to be connected. */
	while (iotkit_connect(iot, 0) == IOTKIT_OK)
		expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	assert_fails(iotkit_disconnect(iot, 0), IOTKIT_ETIMEOUT, "1 messages left");
	pthread_join(thread, NULL);
}
END_TEST

/* ---- what has not found room yet ---- */

START_TEST(packs_that_found_no_room_are_delivered_all_the_same)
{
	const char *options[] = {"mqtt.version",    versions[_i], "payload",   "senml",
				 "batch.ms",        "3600000",    "batch.max", "4",
				 "outbox.max_rows", "1",          NULL};
	bool flush = _i == 0;

	observer = expect_connected(broker.uri, NULL);
	expect_subscribed(observer, "#", 1);
	iot = expect_open(broker.uri, options);
	expect_published(iot, "raw", "x", 1);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(iotkit_publish_metric(iot, "d", "m", i, NULL, 0), IOTKIT_OK);
	assert_fails(iotkit_publish_metric(iot, "d", "m", 5, NULL, 0), IOTKIT_EFULL, "outbox");
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	if (flush)
		ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	expect_message(observer, "raw", "x");
	const iotkit_event *event = expect_event(observer, IOTKIT_EVENT_MESSAGE);
	ck_assert_str_eq(event->topic, "iotkit/d/senml");
	ck_assert_ptr_nonnull(strstr(event->payload, "\"v\":3"));
}
END_TEST

START_TEST(unread_messages_do_not_keep_a_client_from_leaving)
{
	enum { COUNT = 2000 };
	const char *options[] = {"mqtt.version", versions[_i], "events.max", "16", NULL};
	int received = 0;

	iot = expect_connected(broker.uri, options);
	expect_subscribed(iot, "echo", 1);
	for (int i = 0; i < COUNT; i++)
		expect_published(iot, "echo", "x", 1);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	while (iotkit_next_event(iot, 0) != NULL)
		received++;
	ck_assert_int_ge(received, 16);
	ck_assert_uint_eq(expect_stats(iot).delivered, COUNT);
}
END_TEST

START_TEST(a_second_disconnect_tells_what_came_after_the_first)
{
	iot = expect_connected(broker.uri, NULL);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_disconnect(iot, 0), IOTKIT_OK);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_disconnect(iot, 0), IOTKIT_ETIMEOUT, "1 messages left");
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
}
END_TEST

START_TEST(a_metric_called_status_does_not_pass_for_the_boards)
{
	observer = expect_connected(broker.uri, NULL);
	expect_subscribed(observer, "#", 1);
	iot = expect_connected(broker.uri, NULL);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "status", 3, NULL, 0), IOTKIT_OK);
	expect_text(iot, IOTKIT_EVENT_LOG, "'status_' is used instead");
	expect_message(observer, "iotkit/d/status_", "3");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leaving");
	TCase *leaving = tcase_create("leaving");

	tcase_set_timeout(leaving, 120);
	tcase_add_checked_fixture(leaving, start, stop);
	tcase_add_loop_test(leaving, closing_with_messages_in_flight_leaves_no_will, 0, VERSIONS);
	tcase_add_loop_test(leaving, flush_and_disconnect_wait_only_for_what_was_before_them, 0,
			    VERSIONS);
	tcase_add_test(leaving, a_disconnect_in_a_hurry_hurries_one_that_waits);
	tcase_add_loop_test(leaving, packs_that_found_no_room_are_delivered_all_the_same, 0,
			    VERSIONS);
	tcase_add_loop_test(leaving, unread_messages_do_not_keep_a_client_from_leaving, 0,
			    VERSIONS);
	tcase_add_test(leaving, a_second_disconnect_tells_what_came_after_the_first);
	tcase_add_test(leaving, a_metric_called_status_does_not_pass_for_the_boards);
	suite_add_tcase(suite, leaving);
	return suite_run(suite);
}
