/* SPDX-License-Identifier: MIT
 *
 * Applications that do not take their events, brokers that do not read, and
 * what is not to suffer from it.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2, COUNT = SUITE_SANITIZED ? 5000 : 20000, MEGABYTE = 1 << 20 };

static struct broker broker;
static iotkit *sender;
static iotkit *receiver;

static void start(void)
{
	broker = (struct broker){.config = "max_queued_messages 0\nmax_queued_bytes 0"};
	broker_start(&broker);
	sender = receiver = NULL;
}

static void stop(void)
{
	iotkit_close(sender);
	iotkit_close(receiver);
	sender = receiver = NULL;
	broker_remove(&broker);
}

static size_t resident_bytes(void)
{
	unsigned long total, resident;
	FILE *file = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%lu %lu", &total, &resident), 2);
	fclose(file);
	return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void publish_many(iotkit *iot, int count, size_t size)
{
	char *payload = calloc(1, size);

	for (int i = 0; i < count; i++) {
		memcpy(payload, &i, sizeof i);
		ck_assert_int_eq(iotkit_publish(iot, "many", payload, size, 1, 0, NULL), IOTKIT_OK);
	}
	free(payload);
}

static void take_many(iotkit *iot, int count)
{
	for (int i = 0; i < count; i++) {
		const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_MESSAGE);
		int number;
		ck_assert_msg(expect_stats(iot).connects == 1, "the connection was lost at %d", i);
		memcpy(&number, event->payload, sizeof number);
		ck_assert_int_eq(number, i);
	}
}

START_TEST(messages_wait_at_the_broker_for_who_does_not_take_them)
{
	const char *options[] = {"mqtt.version", versions[_i], "events.max", "100", NULL};
	const char *slow_options[] = {"mqtt.version",   versions[_i], "events.max", "100",
				      "mqtt.client_id", "slow",       NULL};

	receiver = expect_connected(broker.uri, slow_options);
	expect_subscribed(receiver, "many", 1);
	sender = expect_connected(broker.uri, options);
	iotkit *other = expect_connected(broker.uri, options);
	expect_subscribed(other, "many", 1);
	size_t before = resident_bytes();
	publish_many(sender, COUNT, 1000);
	take_many(other, COUNT);
	/* All have arrived at the broker. A receiver that took all would need 20 MB;
	 * the sender's outbox has had as much. The broker sends 20 before it wants
	 * them acknowledged, which they are once they are taken. */
	iotkit_stats stats = expect_stats(receiver);
	ck_assert_uint_ge(stats.received, 1);
	ck_assert_uint_lt(stats.received, COUNT);
	if (!SUITE_SANITIZED)
		ck_assert_uint_lt(resident_bytes(), before + 64 * MEGABYTE);
	take_many(receiver, COUNT);
	ck_assert_uint_eq(expect_stats(receiver).received, COUNT);
	ck_assert_uint_eq(expect_stats(receiver).connects, 1);
	iotkit_close(other);
}
END_TEST

/* The broker's ping response waits behind messages that nobody takes. */
START_TEST(a_slow_application_does_not_cost_the_connection)
{
	const char *options[] = {"mqtt.version",     "3.1.1", "events.max", "16",
				 "mqtt.keepalive_s", "6",     NULL};

	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "many", 1);
	/* With the same keep-alive: paho looks after all as often as the last one
	 * to connect needs it. */
	sender = expect_connected(broker.uri, options);
	publish_many(sender, 5000, 2000);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	/* Until after the second ping, which would be one too many. (With a keep-alive
	 * below 5 s the broker may hang up first: paho looks only every two seconds.) */
	expect_none(sender, IOTKIT_EVENT_DISCONNECTED, 14000);
	ck_assert_int_eq(expect_stats(receiver).connected, 1);
	take_many(receiver, 5000);
	ck_assert_uint_eq(expect_stats(receiver).connects, 1);
}
END_TEST

START_TEST(tiny_messages_are_held_back_as_well)
{
	const char *options[] = {"mqtt.version", versions[_i], "events.max", "16", NULL};
	enum { TINY = 300000 };

	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "t", 0);
	sender = expect_open(broker.uri, NULL);
	ck_assert_int_eq(iotkit_set_option(sender, "outbox.max_rows", "1000000"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	for (int i = 0; i < TINY; i++)
		ck_assert_int_eq(iotkit_publish(sender, "t", "x", 1, 0, 0, NULL), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(sender, 5 * EXPECT_MS), IOTKIT_OK);
	/* It waits in the sockets behind all that the broker has not read yet. */
	expect_published(sender, "u", "y", 1);
	ck_assert_int_eq(iotkit_flush(sender, 5 * EXPECT_MS), IOTKIT_OK);
	/* What fits into the sockets' buffers is more than its 16 events. */
	ck_assert_uint_lt(expect_stats(receiver).received, TINY / 3);
}
END_TEST

START_TEST(a_frozen_broker_does_not_hold_up_another_handle)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	struct broker frozen = {0};

	broker_start(&frozen);
	iotkit *stuck = expect_connected(frozen.uri, options);
	broker_freeze(&frozen);
	for (int i = 0; i < 20; i++) {
		static char payload[MEGABYTE];
		ck_assert_int_eq(iotkit_publish(stuck, "t", payload, sizeof payload, 1, 0, NULL),
				 IOTKIT_OK);
	}
	sender = expect_connected(broker.uri, options);
	receiver = expect_connected(broker.uri, options);
	expect_subscribed(receiver, "many", 1);
	publish_many(sender, 5000, 100);
	take_many(receiver, 5000);
	ck_assert_uint_eq(expect_stats(stuck).delivered, 0);
	broker_thaw(&frozen);
	ck_assert_msg(iotkit_flush(stuck, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_uint_eq(expect_stats(stuck).delivered, 20);
	iotkit_close(stuck);
	broker_remove(&frozen);
}
END_TEST

START_TEST(the_descriptor_is_readable_while_an_event_waits)
{
	receiver = expect_connected(broker.uri, NULL);
	expect_subscribed(receiver, "t", 1);
	sender = expect_connected(broker.uri, NULL);
	struct pollfd ready = {.fd = iotkit_event_fd(receiver), .events = POLLIN};
	while (iotkit_next_event(receiver, 0) != NULL)
		continue;
	ck_assert_int_eq(poll(&ready, 1, 0), 0);
	expect_published(sender, "t", "x", 1);
	ck_assert_int_eq(poll(&ready, 1, EXPECT_MS), 1);
	ck_assert_ptr_nonnull(iotkit_next_event(receiver, 0));
	ck_assert_int_eq(poll(&ready, 1, 0), 0);
	ck_assert_ptr_null(iotkit_next_event(receiver, 0));
	ck_assert_int_eq(iotkit_event_fd(NULL), -1);
	ck_assert_ptr_null(iotkit_next_event(NULL, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pressure");
	TCase *pressure = tcase_create("pressure");

	tcase_add_checked_fixture(pressure, start, stop);
	tcase_set_timeout(pressure, 120);
	tcase_add_loop_test(pressure, messages_wait_at_the_broker_for_who_does_not_take_them, 0,
			    VERSIONS);
	tcase_add_test(pressure, a_slow_application_does_not_cost_the_connection);
	if (!SUITE_SANITIZED) /* with one so many take minutes */
		tcase_add_loop_test(pressure, tiny_messages_are_held_back_as_well, 0, VERSIONS);
	tcase_add_loop_test(pressure, a_frozen_broker_does_not_hold_up_another_handle, 0, VERSIONS);
	tcase_add_test(pressure, the_descriptor_is_readable_while_an_event_waits);
	suite_add_tcase(suite, pressure);
	return suite_run(suite);
}
