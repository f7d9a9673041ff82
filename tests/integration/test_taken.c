/* SPDX-License-Identifier: MIT
 *
 * Messages of the broker's are acknowledged once the application has taken them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum { COUNT = 10 };

/* Each test runs once a version and QoS. */
static const struct {
	const char *version;
	int32_t qos;
} ways[] = {{"3.1.1", 1}, {"3.1.1", 2}, {"5", 1}, {"5", 2}};

enum { WAYS = sizeof ways / sizeof ways[0] };

static struct broker broker;
static iotkit *sender;
static char path[128];

static void start(void)
{
	broker = (struct broker){.persistent = true};
	broker_start(&broker);
	snprintf(path, sizeof path, "%s/box", broker.folder);
	sender = expect_connected(broker.uri, NULL);
}

static void stop(void)
{
	iotkit_close(sender);
	broker_remove(&broker);
}

/* The broker goes on where an earlier life of the receiver ended. */
static iotkit *receive_on(int way)
{
	const char *options[] = {"mqtt.version",   ways[way].version, "outbox.path", path,
				 "mqtt.client_id", "receiver",        NULL};
	iotkit *receiver = expect_open(broker.uri, options);

	ck_assert_int_eq(iotkit_subscribe(receiver, "down", ways[way].qos), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(receiver, EXPECT_MS), IOTKIT_OK);
	return receiver;
}

static iotkit *receive(int way)
{
	iotkit *receiver = receive_on(way);

	expect_event(receiver, IOTKIT_EVENT_SUBSCRIBED);
	return receiver;
}

static void send(int first, int count, int32_t qos)
{
	char text[16];

	for (int i = first; i < first + count; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_published(sender, "down", text, qos);
	}
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
}

static void await_received(iotkit *receiver, uint64_t count)
{
	for (int tries = 0; expect_stats(receiver).received < count; tries++) {
		ck_assert_int_lt(tries, EXPECT_MS);
		usleep(1000);
	}
}

static void expect_number(iotkit *receiver, int number)
{
	char text[16];

	snprintf(text, sizeof text, "%d", number);
	expect_message(receiver, "down", text);
}

START_TEST(what_was_not_taken_comes_again_in_another_life)
{
	iotkit *receiver = receive(_i);

	send(1, COUNT, ways[_i].qos);
	await_received(receiver, COUNT);
	iotkit_close(receiver);
	receiver = receive_on(_i);
	for (int i = 1; i <= COUNT; i++)
		expect_number(receiver, i);
	iotkit_close(receiver);
}
END_TEST

START_TEST(what_was_taken_does_not_come_again)
{
	iotkit *receiver = receive(_i);

	send(1, COUNT, ways[_i].qos);
	for (int i = 1; i <= COUNT / 2; i++)
		expect_number(receiver, i);
	await_received(receiver, COUNT);
	ck_assert_int_eq(iotkit_disconnect(receiver, EXPECT_MS), IOTKIT_OK);
	iotkit_close(receiver);
	receiver = receive_on(_i);
	for (int i = COUNT / 2 + 1; i <= COUNT; i++)
		expect_number(receiver, i);
	send(COUNT + 1, 1, ways[_i].qos);
	expect_number(receiver, COUNT + 1);
	iotkit_close(receiver);
}
END_TEST

/* Were they acknowledged, the broker would send the rest. */
START_TEST(the_broker_waits_for_who_takes_nothing)
{
	enum { WINDOW = 20, ALL = 60 }; /* Mosquitto's max_inflight_messages */
	iotkit *receiver = receive(_i);

	send(1, ALL, ways[_i].qos);
	await_received(receiver, ways[_i].qos == 1 || _i == 3 ? WINDOW : 1);
	ck_assert_uint_lt(expect_stats(receiver).received, ALL);
	for (int i = 1; i <= ALL; i++)
		expect_number(receiver, i);
	iotkit_close(receiver);
}
END_TEST

/* Packet ids begin anew: what was taken late is none of the new session's. */
START_TEST(a_forgotten_session_costs_the_next_nothing)
{
	iotkit *receiver = receive(_i);

	send(1, COUNT, ways[_i].qos);
	await_received(receiver, COUNT);
	broker_kill(&broker);
	broker_restart(&broker);
	expect_text(receiver, IOTKIT_EVENT_LOG, "forgotten the session");
	expect_event(receiver, IOTKIT_EVENT_SUBSCRIBED);
	ck_assert_int_eq(iotkit_disconnect(receiver, EXPECT_MS), IOTKIT_OK);
	iotkit_close(receiver);
	receiver = receive_on(_i);
	send(101, COUNT, ways[_i].qos);
	for (int i = 101; i < 101 + COUNT; i++)
		expect_number(receiver, i);
	iotkit_close(receiver);
}
END_TEST

START_TEST(a_slow_application_is_told)
{
	iotkit *receiver = receive(_i);

	ck_assert_int_eq(iotkit_disconnect(receiver, EXPECT_MS), IOTKIT_OK);
	iotkit_close(receiver);
	const char *options[] = {"mqtt.version",   ways[_i].version, "events.max", "16",
				 "mqtt.client_id", "receiver",       NULL};
	receiver = expect_connected(broker.uri, options);
	send(1, 100, 0); /* which no window bounds */
	await_received(receiver, 16);
	/* The session has had a turn since, and seen how many wait. */
	expect_published(receiver, "other", "x", 0);
	ck_assert_int_eq(iotkit_flush(receiver, EXPECT_MS), IOTKIT_OK);
	expect_text(receiver, IOTKIT_EVENT_LOG, "take events faster");
	iotkit_close(receiver);
}
END_TEST

START_TEST(a_connection_lost_before_they_are_taken_loses_none)
{
	iotkit *receiver = receive(_i);
	int expected = 1;

	send(1, COUNT, ways[_i].qos);
	await_received(receiver, COUNT);
	broker_stop(&broker);
	broker_restart(&broker);
	expect_event(sender, IOTKIT_EVENT_CONNECTED);
	expect_event(sender, IOTKIT_EVENT_CONNECTED);
	send(COUNT + 1, 1, ways[_i].qos);
	while (expected <= COUNT + 1) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		int number = atoi(event->payload);
		ck_assert_int_le(number, expected); /* QoS 1 may repeat */
		if (ways[_i].qos == 2)
			ck_assert_int_eq(number, expected);
		expected += number == expected;
	}
	iotkit_close(receiver);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("taken");
	TCase *taken = tcase_create("taken");

	tcase_add_checked_fixture(taken, start, stop);
	tcase_set_timeout(taken, 60);
	tcase_add_loop_test(taken, what_was_not_taken_comes_again_in_another_life, 0, WAYS);
	tcase_add_loop_test(taken, what_was_taken_does_not_come_again, 0, WAYS);
	tcase_add_loop_test(taken, the_broker_waits_for_who_takes_nothing, 0, WAYS);
	tcase_add_loop_test(taken, a_forgotten_session_costs_the_next_nothing, 0, WAYS);
	tcase_add_loop_test(taken, a_slow_application_is_told, 0, WAYS);
	tcase_add_loop_test(taken, a_connection_lost_before_they_are_taken_loses_none, 0, WAYS);
	suite_add_tcase(suite, taken);
	return suite_run(suite);
}
