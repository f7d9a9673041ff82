/* SPDX-License-Identifier: MIT
 *
 * Messages there and back, on both versions of MQTT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static struct broker broker;
static iotkit *sender;
static iotkit *receiver;

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2, QOS_LEVELS = 3, COMBINATIONS = VERSIONS * QOS_LEVELS };

static void start(void)
{
	broker = (struct broker){.config = "max_queued_messages 0\nmax_inflight_messages 0"};
	broker_start(&broker);
}

static void stop(void)
{
	iotkit_close(sender);
	iotkit_close(receiver);
	sender = receiver = NULL;
	broker_remove(&broker);
}

static void open_both(const char *version)
{
	const char *options[] = {"mqtt.version", version, NULL};

	sender = expect_connected(broker.uri, options);
	receiver = expect_connected(broker.uri, options);
}

/* ---- every combination ---- */

START_TEST(a_message_arrives_as_it_was_sent)
{
	int32_t qos = _i % QOS_LEVELS;
	uint64_t id = 0;

	open_both(versions[_i / QOS_LEVELS]);
	expect_subscribed(receiver, "a/+/c", qos);
	ck_assert_int_eq(iotkit_publish(sender, "a/b/c", "x\0y", 3, qos, 0, &id), IOTKIT_OK);
	const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	ck_assert_str_eq(event->topic, "a/b/c");
	ck_assert_uint_eq(event->payload_size, 3);
	ck_assert_mem_eq(event->payload, "x\0y", 4);
	ck_assert_int_eq(event->qos, qos);
	ck_assert_int_eq(event->retain, 0);
	event = expect_event(sender, IOTKIT_EVENT_DELIVERED);
	ck_assert_uint_eq(event->id, id);
	ck_assert_str_eq(event->topic, "a/b/c");
}
END_TEST

START_TEST(a_retained_message_waits_for_its_subscriber)
{
	int32_t qos = _i % QOS_LEVELS;

	open_both(versions[_i / QOS_LEVELS]);
	ck_assert_int_eq(iotkit_publish(sender, "kept", "value", 5, qos, 1, NULL), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	if (qos == 0) /* sent, but perhaps not yet read by the broker */
		expect_published(sender, "other", "", 1);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_subscribe(receiver, "kept", 2), IOTKIT_OK);
	const iotkit_event *event = expect_message(receiver, "kept", "value");
	ck_assert_int_eq(event->retain, 1);
	ck_assert_int_eq(event->qos, qos);
}
END_TEST

START_TEST(the_lower_qos_of_the_two_counts)
{
	int32_t granted = _i % QOS_LEVELS;

	open_both(versions[_i / QOS_LEVELS]);
	expect_subscribed(receiver, "t", granted);
	for (int32_t sent = 0; sent <= 2; sent++)
		expect_published(sender, "t", "x", sent);
	for (int32_t sent = 0; sent <= 2; sent++) {
		const iotkit_event *event = expect_message(receiver, "t", "x");
		ck_assert_int_eq(event->qos, sent < granted ? sent : granted);
	}
}
END_TEST

START_TEST(order_is_kept_however_narrow_the_window)
{
	static const char *const windows[] = {"1", "64"};
	const char *options[] = {"mqtt.window", windows[_i % 2], "mqtt.version", versions[_i / 2],
				 NULL};
	enum { COUNT = SUITE_SANITIZED ? 2000 : 10000 };
	char text[16];

	sender = expect_connected(broker.uri, options);
	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "burst", 1);
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_published(sender, "burst", text, 1);
	}
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_message(receiver, "burst", text);
	}
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	iotkit_stats stats = expect_stats(sender);
	ck_assert_uint_eq(stats.accepted, COUNT);
	ck_assert_uint_eq(stats.delivered, COUNT);
	ck_assert_uint_eq(stats.dropped, 0);
	ck_assert_uint_eq(stats.waiting, 0);
	ck_assert_uint_eq(stats.waiting_bytes, 0);
	ck_assert_uint_eq(expect_stats(receiver).received, COUNT);
}
END_TEST

/* Although they go different ways; with a file and without. */
START_TEST(small_and_large_messages_do_not_overtake_each_other)
{
	enum { COUNT = 300, LARGE = 100000 };
	char path[256];
	bool in_file = _i / COMBINATIONS > 0;
	int32_t qos = _i % QOS_LEVELS;
	const char *options[] = {"mqtt.version", versions[_i / QOS_LEVELS % VERSIONS],
				 in_file ? "outbox.path" : NULL, path, NULL};
	static char payload[LARGE];

	snprintf(path, sizeof path, "%s/box", broker.folder);

	sender = expect_connected(broker.uri, options);
	receiver = expect_connected(broker.uri, NULL);
	expect_subscribed(receiver, "burst", qos);
	for (int i = 0; i < COUNT; i++) {
		snprintf(payload, sizeof payload, "%d", i);
		size_t size = i % 7 == 3 ? LARGE : strlen(payload);
		ck_assert_int_eq(iotkit_publish(sender, "burst", payload, size, qos, 0, NULL),
				 IOTKIT_OK);
		if (i % 5 == 2)
			expect_published(sender, "other", "x", 1);
	}
	for (int i = 0; i < COUNT; i++) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		ck_assert_int_eq(atoi(event->payload), i);
		ck_assert_uint_eq(event->payload_size > 8, i % 7 == 3);
	}
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(sender).delivered, COUNT + COUNT / 5);
}
END_TEST

/* ---- sizes ---- */

START_TEST(ten_megabytes_go_up_and_come_down_unharmed)
{
	enum { SIZE = 10 * 1000 * 1000 };
	unsigned char *payload = malloc(SIZE);

	ck_assert_ptr_nonnull(payload);
	for (size_t i = 0; i < SIZE; i++)
		payload[i] = (unsigned char)(i * 31 ^ i >> 8);
	open_both(versions[_i]);
	expect_subscribed(receiver, "large", 1);
	ck_assert_int_eq(iotkit_publish(sender, "large", payload, SIZE, 1, 0, NULL), IOTKIT_OK);
	const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	ck_assert_uint_eq(event->payload_size, SIZE);
	ck_assert_int_eq(memcmp(event->payload, payload, SIZE), 0);
	free(payload);
}
END_TEST

/* A frozen broker takes as much of it as fits into the sockets' buffers. */
START_TEST(a_large_message_that_was_cut_off_goes_again_and_whole)
{
	enum { SIZE = 24 << 20, SOME = 1 << 20 };
	const char *options[] = {"mqtt.version", versions[_i / QOS_LEVELS % VERSIONS], NULL};
	int32_t qos = _i % QOS_LEVELS;
	char *payload = malloc(SIZE);

	ck_assert_ptr_nonnull(payload);
	for (size_t i = 0; i < SIZE; i++)
		payload[i] = (char)(i * 31 ^ i >> 8);
	sender = expect_connected(broker.uri, options);
	broker_freeze(&broker);
	ck_assert_int_eq(iotkit_publish(sender, "large", payload, SIZE, qos, 1, NULL), IOTKIT_OK);
	expect_published(sender, "small", "x", qos);
	while (expect_stats(sender).bytes_sent < SOME)
		expect_none(sender, IOTKIT_EVENT_DISCONNECTED, 10);
	ck_assert_uint_lt(expect_stats(sender).bytes_sent, SIZE);
	broker_kill(&broker);
	broker_restart(&broker);
	ck_assert_msg(iotkit_flush(sender, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_uint_eq(expect_stats(sender).delivered, 2);
	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "large", 2);
	const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	ck_assert_uint_eq(event->payload_size, SIZE);
	ck_assert_int_eq(memcmp(event->payload, payload, SIZE), 0);
	free(payload);
}
END_TEST

START_TEST(topics_as_long_as_can_be_arrive)
{
	enum { LONGEST = 65535 };
	char *topic = malloc(LONGEST + 1);
	int32_t qos = _i % QOS_LEVELS;

	memset(topic, 't', LONGEST);
	topic[LONGEST] = '\0';
	open_both(versions[_i / QOS_LEVELS % VERSIONS]);
	expect_subscribed(receiver, "#", qos);
	for (int i = 0; i < 3; i++) {
		expect_published(sender, topic, "hello", qos);
		expect_published(sender, "short", "", qos);
	}
	for (int i = 0; i < 3; i++) {
		expect_message(receiver, topic, "hello");
		expect_message(receiver, "short", "");
	}
	free(topic);
}
END_TEST

START_TEST(an_empty_message_arrives_and_clears_what_is_retained)
{
	open_both(versions[_i]);
	expect_subscribed(receiver, "t", 1);
	ck_assert_int_eq(iotkit_publish(sender, "t", NULL, 0, 1, 1, NULL), IOTKIT_OK);
	const iotkit_event *event = expect_message(receiver, "t", "");
	ck_assert_ptr_nonnull(event->payload);
}
END_TEST

/* ---- subscriptions ---- */

START_TEST(deliveries_are_no_events_when_nobody_looks)
{
	iotkit *quiet = expect_connected(broker.uri,
					 (const char *const[]){"events.delivered", "off", NULL});

	for (int qos = 0; qos <= 2; qos++)
		expect_published(quiet, "to/nobody", "x", qos);
	ck_assert_int_eq(iotkit_flush(quiet, EXPECT_MS), IOTKIT_OK);
	for (const iotkit_event *event; (event = iotkit_next_event(quiet, 0)) != NULL;)
		ck_assert_int_ne(event->type, IOTKIT_EVENT_DELIVERED);
	ck_assert_uint_eq(expect_stats(quiet).delivered, 3);
	iotkit_close(quiet);
}
END_TEST

START_TEST(after_an_unsubscribe_nothing_comes)
{
	open_both(versions[_i]);
	expect_subscribed(receiver, "first", 1);
	expect_subscribed(receiver, "second", 1);
	ck_assert_int_eq(iotkit_unsubscribe(receiver, "first"), IOTKIT_OK);
	/* What is asked for at once may go before it, but requests are answered in their order: by
	 * the second answer it is gone. */
	expect_subscribed(receiver, "third", 1);
	expect_subscribed(receiver, "fourth", 1);
	expect_published(sender, "first", "unwanted", 1);
	expect_published(sender, "second", "wanted", 1);
	expect_message(receiver, "second", "wanted");
	assert_fails(iotkit_unsubscribe(receiver, "first"), IOTKIT_ENOENT, "'first'");
}
END_TEST

START_TEST(a_second_subscription_to_the_same_filter_changes_its_qos)
{
	open_both(versions[_i]);
	expect_subscribed(receiver, "t", 0);
	expect_subscribed(receiver, "t", 2);
	expect_published(sender, "t", "x", 2);
	ck_assert_int_eq(expect_message(receiver, "t", "x")->qos, 2);
}
END_TEST

START_TEST(a_thousand_subscriptions_are_made_and_no_more_than_1024)
{
	char filter[32];

	open_both(versions[_i]);
	for (int i = 0; i < 1024; i++) {
		snprintf(filter, sizeof filter, "f/%d", i);
		ck_assert_int_eq(iotkit_subscribe(receiver, filter, 1), IOTKIT_OK);
	}
	assert_fails(iotkit_subscribe(receiver, "one/more", 1), IOTKIT_EFULL, "1024");
	for (int i = 0; i < 1024; i++)
		ck_assert_int_eq(expect_event(receiver, IOTKIT_EVENT_SUBSCRIBED)->status,
				 IOTKIT_OK);
	expect_published(sender, "f/1023", "x", 1);
	expect_message(receiver, "f/1023", "x");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("messages");
	TCase *messages = tcase_create("messages");

	tcase_add_checked_fixture(messages, start, stop);
	tcase_set_timeout(messages, 120);
	tcase_add_loop_test(messages, a_message_arrives_as_it_was_sent, 0, COMBINATIONS);
	tcase_add_loop_test(messages, a_retained_message_waits_for_its_subscriber, 0, COMBINATIONS);
	tcase_add_loop_test(messages, the_lower_qos_of_the_two_counts, 0, COMBINATIONS);
	tcase_add_loop_test(messages, order_is_kept_however_narrow_the_window, 0, 4);
	tcase_add_loop_test(messages, small_and_large_messages_do_not_overtake_each_other, 0,
			    2 * COMBINATIONS);
	tcase_add_loop_test(messages, a_large_message_that_was_cut_off_goes_again_and_whole, 0,
			    COMBINATIONS);
	tcase_add_loop_test(messages, topics_as_long_as_can_be_arrive, 0, COMBINATIONS);
	tcase_add_loop_test(messages, ten_megabytes_go_up_and_come_down_unharmed, 0, VERSIONS);
	tcase_add_loop_test(messages, an_empty_message_arrives_and_clears_what_is_retained, 0,
			    VERSIONS);
	tcase_add_test(messages, deliveries_are_no_events_when_nobody_looks);
	tcase_add_loop_test(messages, after_an_unsubscribe_nothing_comes, 0, VERSIONS);
	tcase_add_loop_test(messages, a_second_subscription_to_the_same_filter_changes_its_qos, 0,
			    VERSIONS);
	tcase_add_loop_test(messages, a_thousand_subscriptions_are_made_and_no_more_than_1024, 0,
			    VERSIONS);
	suite_add_tcase(suite, messages);
	return suite_run(suite);
}
