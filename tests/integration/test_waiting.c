/* SPDX-License-Identifier: MIT
 *
 * Timeouts of connect, flush and disconnect, and calls from other threads.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static struct broker broker;
static iotkit *iot;

static void start(void)
{
	broker = (struct broker){0};
	broker_start(&broker);
	iot = NULL;
}

static void stop(void)
{
	iotkit_close(iot);
	iot = NULL;
	broker_remove(&broker);
}

/* ---- connect ---- */

START_TEST(connecting_with_no_time_only_starts)
{
	iot = expect_open(broker.uri, NULL);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(iot, -1), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).connects, 1);
}
END_TEST

START_TEST(once_connected_the_event_is_there)
{
	iot = expect_open(broker.uri, NULL);
	for (int round = 0; round < 20; round++) {
		ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
		const iotkit_event *event = iotkit_next_event(iot, 0);
		ck_assert_ptr_nonnull(event);
		ck_assert_int_eq(event->type, IOTKIT_EVENT_CONNECTED);
		ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
		event = iotkit_next_event(iot, 0);
		ck_assert_ptr_nonnull(event);
		ck_assert_int_eq(event->type, IOTKIT_EVENT_DISCONNECTED);
	}
}
END_TEST

START_TEST(connecting_in_vain_says_why_and_goes_on)
{
	broker_stop(&broker);
	iot = expect_open(broker.uri, NULL);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	assert_fails(iotkit_connect(iot, 100), IOTKIT_ETIMEOUT, "Connection refused");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "trying on in the background"));
	broker_restart(&broker);
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
}
END_TEST

START_TEST(an_unknown_host_is_told)
{
	iot = expect_open("mqtt://no-such-host.invalid", NULL);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_ERESOLVE);
	ck_assert_ptr_nonnull(strstr(event->text, "'no-such-host.invalid'"));
}
END_TEST

static void *connect_without_limit(void *result)
{
	*(iotkit_status *)result = iotkit_connect(iot, -1);
	return NULL;
}

START_TEST(connecting_without_limit_waits_for_a_broker_that_comes)
{
	iotkit_status status = IOTKIT_ESTATE;
	pthread_t thread;

	broker_stop(&broker);
	iot = expect_open(broker.uri, NULL);
	pthread_create(&thread, NULL, connect_without_limit, &status);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	broker_restart(&broker);
	pthread_join(thread, NULL);
	ck_assert_int_eq(status, IOTKIT_OK);
}
END_TEST

START_TEST(disconnecting_ends_another_threads_wait_for_the_connection)
{
	iotkit_status status = IOTKIT_OK;
	pthread_t thread;

	broker_stop(&broker);
	iot = expect_open(broker.uri, NULL);
	pthread_create(&thread, NULL, connect_without_limit, &status);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(iotkit_disconnect(iot, 0), IOTKIT_OK);
	pthread_join(thread, NULL);
	ck_assert_int_eq(status, IOTKIT_ESTATE);
}
END_TEST

static void *disconnect_without_limit(void *context)
{
	(void)context;
	iotkit_disconnect(iot, 3000);
	return NULL;
}

START_TEST(connecting_while_another_thread_disconnects_is_refused_at_once)
{
	pthread_t thread;
	iotkit_status status = IOTKIT_OK;

	broker_stop(&broker);
	iot = expect_open(broker.uri, NULL);
	expect_published(iot, "t", "stuck", 1);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	pthread_create(&thread, NULL, disconnect_without_limit, NULL);
	/* Until the other thread has begun, connecting works and does nothing. */
	for (int i = 0; i < 2000 && status == IOTKIT_OK; i++) {
		status = iotkit_connect(iot, 0);
		iotkit_next_event(iot, 1);
	}
	ck_assert_int_eq(status, IOTKIT_ESTATE);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "iotkit_disconnect() is under way"));
	pthread_join(thread, NULL);
}
END_TEST

/* ---- flush ---- */

START_TEST(flushing_says_what_it_waits_for)
{
	iot = expect_open(broker.uri, NULL);
	ck_assert_int_eq(iotkit_flush(iot, 0), IOTKIT_OK);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_flush(iot, -1), IOTKIT_ESTATE, "1 message");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "iotkit_connect()"));
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	broker_freeze(&broker);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_flush(iot, 50), IOTKIT_ETIMEOUT, "acknowledged");
	broker_kill(&broker);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	assert_fails(iotkit_flush(iot, 50), IOTKIT_ETIMEOUT, "wait for a connection");
	broker_restart(&broker);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
}
END_TEST

START_TEST(flushing_ends_when_the_last_message_is_given_up_as_too_large)
{
	struct broker small = {.config = "max_packet_size 2000"};
	char payload[5000] = "";

	broker_start(&small);
	iot = expect_connected(small.uri, NULL);
	ck_assert_int_eq(iotkit_publish(iot, "t", payload, sizeof payload, 1, 0, NULL), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DROPPED);
	ck_assert_int_eq(event->status, IOTKIT_EREFUSED);
	ck_assert_msg(strstr(event->text, "max_packet_size") != NULL, "%s", event->text);
	ck_assert_uint_eq(expect_stats(iot).connects, 1);
	broker_remove(&small);
}
END_TEST

/* ---- disconnect ---- */

START_TEST(disconnecting_delivers_first)
{
	iot = expect_connected(broker.uri, NULL);
	for (int i = 0; i < 5000; i++)
		expect_published(iot, "t", "x", 1);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).delivered, 5000);
	ck_assert_int_eq(expect_stats(iot).connected, 0);
}
END_TEST

START_TEST(disconnecting_tells_how_many_messages_are_left_and_keeps_them)
{
	iot = expect_connected(broker.uri, NULL);
	broker_freeze(&broker);
	for (int i = 0; i < 200; i++)
		expect_published(iot, "t", "x", i % 3);
	assert_fails(iotkit_disconnect(iot, 50), IOTKIT_ETIMEOUT, "messages left in the outbox");
	const iotkit_event *event = expect_text(iot, IOTKIT_EVENT_DISCONNECTED, "as asked");
	ck_assert_int_eq(event->status, IOTKIT_OK);
	ck_assert_int_eq(event->retry_ms, -1);
	broker_thaw(&broker);
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_msg(iotkit_flush(iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_uint_eq(expect_stats(iot).delivered, 200);
}
END_TEST

START_TEST(one_handle_connects_and_disconnects_many_times)
{
	static const char *const versions[] = {"3.1.1", "5"};
	const char *options[] = {"mqtt.version", versions[_i], NULL};

	iot = expect_open(broker.uri, options);
	for (int i = 0; i < 20; i++) {
		ck_assert_msg(iotkit_connect(iot, EXPECT_MS) == IOTKIT_OK, "%d: %s", i,
			      iotkit_last_error());
		expect_published(iot, "t", "x", i % 3);
		ck_assert_msg(iotkit_disconnect(iot, EXPECT_MS) == IOTKIT_OK, "%d: %s", i,
			      iotkit_last_error());
	}
	ck_assert_uint_eq(expect_stats(iot).delivered, 20);
	ck_assert_uint_eq(expect_stats(iot).connects, 20);
	ck_assert_uint_eq(expect_stats(iot).intruders, 0);
	ck_assert_int_eq(iotkit_disconnect(iot, 0), IOTKIT_OK);
}
END_TEST

/* ---- many threads, many handles ---- */

enum { THREADS = 4, EACH = 500 };

static void *publish_some(void *context)
{
	for (int i = 0; i < EACH; i++)
		iotkit_publish(iot, context, "x", 1, 1, 0, NULL);
	iotkit_flush(iot, EXPECT_MS);
	return NULL;
}

START_TEST(threads_may_publish_over_one_handle)
{
	static char topics[THREADS][8] = {"a", "b", "c", "d"};
	pthread_t threads[THREADS];

	iot = expect_connected(broker.uri, NULL);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, publish_some, topics[i]);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(expect_stats(iot).delivered, THREADS * EACH);
}
END_TEST

START_TEST(closing_at_any_moment_of_connecting_is_clean)
{
	for (int i = 0; i < 30; i++) {
		iot = expect_open(broker.uri, NULL);
		expect_published(iot, "t", "x", i % 3);
		ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
		iotkit_next_event(iot, i * 2);
		iotkit_close(iot);
	}
	iot = expect_open("mqtt://no-such-host.invalid", NULL);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
}
END_TEST

START_TEST(two_hundred_handles_leave_no_descriptor_behind)
{
	/* The first makes what stays: paho's, and the resolver's. */
	iotkit_close(expect_connected(broker.uri, NULL));
	int before = expect_descriptors();
	for (int i = 0; i < 200; i++) {
		iot = expect_open(broker.uri, NULL);
		if (i % 10 == 0)
			ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
		iotkit_close(iot);
	}
	iot = NULL;
	ck_assert_int_eq(expect_descriptors(), before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("waiting");
	TCase *waiting = tcase_create("waiting");

	tcase_add_checked_fixture(waiting, start, stop);
	tcase_set_timeout(waiting, 120);
	tcase_add_test(waiting, connecting_with_no_time_only_starts);
	tcase_add_test(waiting, once_connected_the_event_is_there);
	tcase_add_test(waiting, connecting_in_vain_says_why_and_goes_on);
	tcase_add_test(waiting, an_unknown_host_is_told);
	tcase_add_test(waiting, connecting_without_limit_waits_for_a_broker_that_comes);
	tcase_add_test(waiting, disconnecting_ends_another_threads_wait_for_the_connection);
	tcase_add_test(waiting, connecting_while_another_thread_disconnects_is_refused_at_once);
	tcase_add_test(waiting, flushing_says_what_it_waits_for);
	tcase_add_test(waiting, flushing_ends_when_the_last_message_is_given_up_as_too_large);
	tcase_add_test(waiting, disconnecting_delivers_first);
	tcase_add_test(waiting, disconnecting_tells_how_many_messages_are_left_and_keeps_them);
	tcase_add_loop_test(waiting, one_handle_connects_and_disconnects_many_times, 0, 2);
	tcase_add_test(waiting, threads_may_publish_over_one_handle);
	tcase_add_test(waiting, closing_at_any_moment_of_connecting_is_clean);
	tcase_add_test(waiting, two_hundred_handles_leave_no_descriptor_behind);
	suite_add_tcase(suite, waiting);
	return suite_run(suite);
}
