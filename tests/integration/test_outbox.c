/* SPDX-License-Identifier: MIT
 *
 * A full outbox, as the application sees it.
 */
#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static struct broker broker;
static iotkit *iot;
static iotkit *receiver;

static void start(void)
{
	broker = (struct broker){0};
	broker_start(&broker);
	receiver = expect_connected(broker.uri, NULL);
	expect_subscribed(receiver, "n", 1);
	iot = NULL;
}

static void stop(void)
{
	iotkit_close(iot);
	iotkit_close(receiver);
	iot = receiver = NULL;
	broker_remove(&broker);
}

static void open_with(const char *policy)
{
	const char *options[] = {"outbox.max_rows", "10", "outbox.policy", policy, NULL};

	iot = expect_open(broker.uri, options);
}

static uint64_t publish(int number)
{
	char text[16];
	uint64_t id = 0;

	snprintf(text, sizeof text, "%d", number);
	ck_assert_msg(iotkit_publish(iot, "n", text, strlen(text), 1, 0, &id) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	return id;
}

static void assert_arrive(int from, int to)
{
	char text[16];

	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	for (int i = from; i <= to; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_message(receiver, "n", text);
	}
	expect_published(iot, "n", "last", 1);
	expect_message(receiver, "n", "last");
}

static void assert_dropped(uint64_t id)
{
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DROPPED);

	ck_assert_uint_eq(event->id, id);
	ck_assert_str_eq(event->topic, "n");
	ck_assert_int_eq(event->status, IOTKIT_EFULL);
	ck_assert_ptr_nonnull(strstr(event->text, "outbox.max_rows"));
}

START_TEST(reject_refuses_the_new_message)
{
	open_with("reject");
	for (int i = 1; i <= 10; i++)
		publish(i);
	uint64_t id = 77;
	assert_fails(iotkit_publish(iot, "n", "11", 2, 1, 0, &id), IOTKIT_EFULL,
		     "10 of 10 messages");
	ck_assert_uint_eq(id, 77);
	iotkit_stats stats = expect_stats(iot);
	ck_assert_uint_eq(stats.accepted, 10);
	ck_assert_uint_eq(stats.waiting, 10);
	ck_assert_uint_eq(stats.dropped, 0);
	assert_arrive(1, 10);
}
END_TEST

START_TEST(drop_oldest_gives_the_first_up)
{
	uint64_t ids[16];

	open_with("drop-oldest");
	for (int i = 1; i <= 15; i++)
		ids[i] = publish(i);
	for (int i = 1; i <= 5; i++)
		assert_dropped(ids[i]);
	iotkit_stats stats = expect_stats(iot);
	ck_assert_uint_eq(stats.accepted, 15);
	ck_assert_uint_eq(stats.dropped, 5);
	ck_assert_uint_eq(stats.waiting, 10);
	assert_arrive(6, 15);
}
END_TEST

START_TEST(drop_newest_gives_the_last_up)
{
	uint64_t ids[16];

	open_with("drop-newest");
	for (int i = 1; i <= 15; i++)
		ids[i] = publish(i);
	for (int i = 11; i <= 15; i++)
		assert_dropped(ids[i]);
	ck_assert_uint_eq(expect_stats(iot).dropped, 5);
	assert_arrive(1, 10);
}
END_TEST

START_TEST(a_message_larger_than_the_outbox_is_refused_by_every_policy)
{
	static const char *const policies[] = {"reject", "drop-oldest", "drop-newest"};
	static char large[1048577];

	open_with(policies[_i]);
	ck_assert_int_eq(iotkit_set_option(iot, "outbox.max_bytes", "1048576"), IOTKIT_OK);
	assert_fails(iotkit_publish(iot, "n", large, sizeof large, 1, 0, NULL), IOTKIT_EFULL,
		     "outbox.max_bytes");
	publish(1);
	assert_arrive(1, 1);
}
END_TEST

START_TEST(accepted_is_delivered_dropped_or_waiting_at_any_moment)
{
	open_with("drop-oldest");
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	for (int i = 0; i < 5000; i++) {
		publish(i);
		if (i % 500 != 0)
			continue;
		iotkit_stats stats = expect_stats(iot);
		ck_assert_uint_eq(stats.accepted, stats.delivered + stats.dropped + stats.waiting);
		ck_assert_uint_le(stats.waiting, 10);
	}
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	iotkit_stats stats = expect_stats(iot);
	ck_assert_uint_eq(stats.accepted, 5000);
	ck_assert_uint_eq(stats.delivered + stats.dropped, 5000);
}
END_TEST

START_TEST(arguments_that_break_the_rules_are_refused)
{
	open_with("reject");
	assert_fails(iotkit_publish(iot, NULL, "x", 1, 0, 0, NULL), IOTKIT_EINVAL, "(NULL)");
	assert_fails(iotkit_publish(iot, "", "x", 1, 0, 0, NULL), IOTKIT_EINVAL, "no topic");
	assert_fails(iotkit_publish(iot, "a/+", "x", 1, 0, 0, NULL), IOTKIT_EINVAL, "'a/+'");
	assert_fails(iotkit_publish(iot, "t", NULL, 1, 0, 0, NULL), IOTKIT_EINVAL, "NULL");
	assert_fails(iotkit_publish(iot, "t", "x", 1, 3, 0, NULL), IOTKIT_EINVAL, "QoS is 3");
	assert_fails(iotkit_publish(iot, "t", "x", 1, -1, 0, NULL), IOTKIT_EINVAL, "QoS is -1");
	assert_fails(iotkit_publish(iot, "t", "x", SIZE_MAX, 0, 0, NULL), IOTKIT_EINVAL,
		     "268435455");
	assert_fails(iotkit_publish(NULL, "t", "x", 1, 0, 0, NULL), IOTKIT_EINVAL, "handle");
	assert_fails(iotkit_subscribe(iot, "a/#/b", 0), IOTKIT_EINVAL, "'a/#/b'");
	assert_fails(iotkit_subscribe(iot, "a", 4), IOTKIT_EINVAL, "QoS is 4");
	assert_fails(iotkit_unsubscribe(iot, "a"), IOTKIT_ENOENT, "'a'");
	assert_fails(iotkit_get_stats(iot, NULL), IOTKIT_EINVAL, "struct_size");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *outbox = tcase_create("outbox");

	tcase_add_checked_fixture(outbox, start, stop);
	tcase_set_timeout(outbox, 120);
	tcase_add_test(outbox, reject_refuses_the_new_message);
	tcase_add_test(outbox, drop_oldest_gives_the_first_up);
	tcase_add_test(outbox, drop_newest_gives_the_last_up);
	tcase_add_loop_test(outbox, a_message_larger_than_the_outbox_is_refused_by_every_policy, 0,
			    3);
	tcase_add_test(outbox, accepted_is_delivered_dropped_or_waiting_at_any_moment);
	tcase_add_test(outbox, arguments_that_break_the_rules_are_refused);
	suite_add_tcase(suite, outbox);
	return suite_run(suite);
}
