/* SPDX-License-Identifier: MIT
 *
 * Brokers that are not there yet, go, come back, or hang.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2 };

static struct broker broker;
static iotkit *sender;
static iotkit *receiver;

static void start(void)
{
	broker = (struct broker){.config = "max_queued_messages 1000000"};
	sender = receiver = NULL;
}

static void stop(void)
{
	iotkit_close(sender);
	iotkit_close(receiver);
	sender = receiver = NULL;
	broker_remove(&broker);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(a_broker_that_comes_later_is_found)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};

	broker_start(&broker);
	broker_stop(&broker);
	sender = expect_open(broker.uri, options);
	ck_assert_int_eq(iotkit_connect(sender, 0), IOTKIT_OK);
	const iotkit_event *event = expect_event(sender, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_ENETWORK);
	ck_assert_int_ge(event->retry_ms, 20);
	ck_assert_msg(strstr(event->text, "Connection refused") != NULL, "%s", event->text);
	expect_published(sender, "early", "bird", 1);
	broker_restart(&broker);
	event = expect_event(sender, IOTKIT_EVENT_CONNECTED);
	ck_assert_int_eq(event->retain, 0);
	expect_event(sender, IOTKIT_EVENT_DELIVERED);
	ck_assert_int_eq(expect_stats(sender).connected, 1);
	ck_assert_uint_eq(expect_stats(sender).connects, 1);
}
END_TEST

/* ---- nothing is lost over a restart ---- */

enum { COUNT = 3000, BEFORE = 1000, AWAY = 1000 };

static void publish_numbers(int from, int to, int32_t qos)
{
	char text[16];

	for (int i = from; i < to; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_published(sender, "numbers", text, qos);
	}
}

/* At QoS 1 a message may come again, and with it those that followed it. */
static void receive_numbers(bool exactly_once)
{
	int highest = -1;
	static bool seen[COUNT];
	int missing = COUNT;

	memset(seen, 0, sizeof seen);
	while (missing > 0) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		int number = atoi(event->payload);
		ck_assert_int_ge(number, 0);
		ck_assert_int_lt(number, COUNT);
		if (!seen[number]) {
			ck_assert_msg(number > highest, "%d came first after %d", number, highest);
			highest = number;
			missing--;
		} else {
			ck_assert_msg(!exactly_once, "%d came twice", number);
		}
		seen[number] = true;
	}
	if (exactly_once)
		expect_none(receiver, IOTKIT_EVENT_MESSAGE, 300);
}

static void open_pair(const char *version, bool named)
{
	const char *sending[] = {"mqtt.version", version, "mqtt.client_id", "sender", NULL};
	const char *receiving[] = {"mqtt.version", version, "mqtt.client_id", "receiver", NULL};

	sender = expect_open(broker.uri, sending);
	if (!named)
		ck_assert_int_eq(iotkit_set_option(sender, "mqtt.client_id", ""), IOTKIT_OK);
	receiver = expect_open(broker.uri, receiving);
	ck_assert_int_eq(iotkit_subscribe(receiver, "numbers", 2), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(receiver, EXPECT_MS), IOTKIT_OK);
	expect_event(receiver, IOTKIT_EVENT_SUBSCRIBED);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
}

/* Kills the broker in the midst of sending, and sends on while it is away. */
static void publish_over_a_restart(int32_t qos, bool stops)
{
	publish_numbers(0, BEFORE, qos);
	for (int i = 0; i < BEFORE / 10; i++)
		expect_event(sender, IOTKIT_EVENT_DELIVERED);
	if (stops)
		broker_stop(&broker);
	else
		broker_kill(&broker);
	publish_numbers(BEFORE, BEFORE + AWAY, qos);
	broker_restart(&broker);
	publish_numbers(BEFORE + AWAY, COUNT, qos);
}

START_TEST(nothing_is_lost_or_doubled_over_the_restart_of_a_broker_that_remembers)
{
	int32_t qos = 1 + _i % 2;

	broker.persistent = true;
	broker_start(&broker);
	open_pair(versions[_i / 2], true);
	publish_over_a_restart(qos, true);
	receive_numbers(qos == 2);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	iotkit_stats stats = expect_stats(sender);
	ck_assert_uint_eq(stats.delivered, COUNT);
	ck_assert_uint_eq(stats.connects, 2);
}
END_TEST

START_TEST(everything_is_acknowledged_though_the_broker_forgot_the_session)
{
	int32_t qos = _i % 3;
	bool named = _i >= 6;

	broker_start(&broker);
	open_pair(versions[_i / 3 % 2], named);
	publish_over_a_restart(qos, false);
	ck_assert_msg(iotkit_flush(sender, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_uint_eq(expect_stats(sender).delivered, COUNT);
	ck_assert_uint_eq(expect_stats(sender).dropped, 0);
}
END_TEST

START_TEST(subscriptions_are_restored_when_the_broker_forgot_them)
{
	const char *options[] = {"mqtt.version", versions[_i], "mqtt.client_id", "receiver", NULL};

	broker_start(&broker);
	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "kept/#", 1);
	expect_subscribed(receiver, "left", 1);
	ck_assert_int_eq(iotkit_unsubscribe(receiver, "left"), IOTKIT_OK);
	expect_subscribed(receiver, "answered", 1);
	broker_kill(&broker);
	expect_event(receiver, IOTKIT_EVENT_DISCONNECTED);
	broker_restart(&broker);
	ck_assert_int_eq(expect_event(receiver, IOTKIT_EVENT_CONNECTED)->retain, 0);
	ck_assert_str_eq(expect_event(receiver, IOTKIT_EVENT_SUBSCRIBED)->topic, "kept/#");
	ck_assert_str_eq(expect_event(receiver, IOTKIT_EVENT_SUBSCRIBED)->topic, "answered");
	sender = expect_connected(broker.uri, NULL);
	expect_published(sender, "left", "unwanted", 1);
	expect_published(sender, "kept/x", "wanted", 1);
	expect_message(receiver, "kept/x", "wanted");
}
END_TEST

START_TEST(a_resumed_session_has_what_came_while_its_client_was_away)
{
	const char *options[] = {"mqtt.version", versions[_i], "mqtt.client_id", "receiver", NULL};

	broker_start(&broker);
	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "t", 1);
	ck_assert_int_eq(iotkit_disconnect(receiver, EXPECT_MS), IOTKIT_OK);
	sender = expect_connected(broker.uri, NULL);
	expect_published(sender, "t", "meanwhile", 1);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(receiver, EXPECT_MS), IOTKIT_OK);
	/* The message may be told before the connection: they have two threads. */
	expect_message(receiver, "t", "meanwhile");
}
END_TEST

START_TEST(a_lost_broker_gives_way_to_the_second_of_the_list)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	struct broker second = {0};
	char uri[160], port[16];

	broker_start(&broker);
	broker_start(&second);
	snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%u,127.0.0.1:%u", (unsigned)broker.port,
		 (unsigned)second.port);
	sender = expect_connected(uri, options);
	snprintf(port, sizeof port, ":%u", (unsigned)broker.port);
	expect_text(sender, IOTKIT_EVENT_CONNECTED, port);
	broker_kill(&broker);
	ck_assert_int_eq(expect_event(sender, IOTKIT_EVENT_DISCONNECTED)->retry_ms, 0);
	snprintf(port, sizeof port, ":%u", (unsigned)second.port);
	expect_text(sender, IOTKIT_EVENT_CONNECTED, port);
	broker_remove(&second);
}
END_TEST

START_TEST(a_hanging_broker_is_noticed_by_its_missing_pings)
{
	const char *options[] = {
		"mqtt.version", versions[_i], "mqtt.keepalive_s", "1", "connect.timeout_ms",
		"300",          NULL};

	broker_start(&broker);
	sender = expect_connected(broker.uri, options);
	broker_freeze(&broker);
	int64_t frozen_at = now_ms();
	const iotkit_event *event = expect_event(sender, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_ENETWORK);
	ck_assert_msg(strstr(event->text, "pings") != NULL, "%s", event->text);
	ck_assert_int_lt(now_ms() - frozen_at, 4500);
	/* The kernel takes the next connection for it, but nobody answers. */
	event = expect_text(sender, IOTKIT_EVENT_DISCONNECTED, "did not answer CONNECT in time");
	ck_assert_int_eq(event->status, IOTKIT_ETIMEOUT);
	broker_thaw(&broker);
	expect_event(sender, IOTKIT_EVENT_CONNECTED);
	expect_published(sender, "t", "again", 1);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
}
END_TEST

START_TEST(a_broker_that_restarts_often_loses_nothing)
{
	enum { RESTARTS = 10 };
	const char *options[] = {"mqtt.version", versions[_i], "mqtt.client_id", "sender", NULL};

	broker.persistent = true;
	broker_start(&broker);
	sender = expect_connected(broker.uri, options);
	for (int i = 0; i < RESTARTS; i++) {
		publish_numbers(i * 100, i * 100 + 100, 1 + i % 2);
		if (i % 2 == 0)
			broker_stop(&broker);
		else
			broker_kill(&broker);
		broker_restart(&broker);
		expect_event(sender, IOTKIT_EVENT_CONNECTED);
	}
	ck_assert_msg(iotkit_flush(sender, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	iotkit_stats stats = expect_stats(sender);
	ck_assert_uint_eq(stats.delivered, RESTARTS * 100);
	ck_assert_uint_eq(stats.dropped, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reconnect");
	TCase *reconnect = tcase_create("reconnect");

	tcase_add_checked_fixture(reconnect, start, stop);
	tcase_set_timeout(reconnect, 120);
	tcase_add_loop_test(reconnect, a_broker_that_comes_later_is_found, 0, VERSIONS);
	tcase_add_loop_test(reconnect,
			    nothing_is_lost_or_doubled_over_the_restart_of_a_broker_that_remembers,
			    0, 2 * VERSIONS);
	tcase_add_loop_test(reconnect,
			    everything_is_acknowledged_though_the_broker_forgot_the_session, 0,
			    6 * VERSIONS);
	tcase_add_loop_test(reconnect, subscriptions_are_restored_when_the_broker_forgot_them, 0,
			    VERSIONS);
	tcase_add_loop_test(reconnect, a_resumed_session_has_what_came_while_its_client_was_away, 0,
			    VERSIONS);
	tcase_add_loop_test(reconnect, a_lost_broker_gives_way_to_the_second_of_the_list, 0,
			    VERSIONS);
	tcase_add_loop_test(reconnect, a_hanging_broker_is_noticed_by_its_missing_pings, 0,
			    VERSIONS);
	tcase_add_loop_test(reconnect, a_broker_that_restarts_often_loses_nothing, 0, VERSIONS);
	suite_add_tcase(suite, reconnect);
	return suite_run(suite);
}
