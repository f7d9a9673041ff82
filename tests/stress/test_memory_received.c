/* SPDX-License-Identifier: MIT
 *
 * Memory runs out while the broker sends: what the application could not be told of comes again,
 * and is acknowledged once it was taken.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "pty.h"
#include "short_memory.h"
#include "suite.h"
#include "tries.h"

enum { SETTLE_MS = 10000 };

static struct broker broker;
static struct pty board;

static void start_broker(void)
{
	broker = (struct broker){.config = "log_type all"};
	broker_start(&broker);
	pty_open(&board);
}

static void stop_broker(void)
{
	pty_close(&board);
	broker_remove(&broker);
}

static bool comes(iotkit *iot, unsigned number, int32_t timeout_ms)
{
	const iotkit_event *event;
	char topic[32];

	snprintf(topic, sizeof topic, "short/%u.", number);
	while ((event = iotkit_next_event(iot, timeout_ms)) != NULL)
		if (event->type == IOTKIT_EVENT_MESSAGE && strcmp(event->topic, topic) == 0)
			return true;
	return false;
}

/* Nobody can take a message that there was no memory for; the broker has it still. */
START_TEST(a_message_that_there_is_no_memory_for_comes_again)
{
	enum { PLACES = 60, LOOK_MS = 20 };
	iotkit *iot = expect_open(broker.uri, NULL);

	TRY(iotkit_subscribe(iot, "short/#", _i));
	ck_assert_int_eq(iotkit_connect(iot, SETTLE_MS), IOTKIT_OK);
	ck_assert(comes(iot, try_publish(iot, _i), SETTLE_MS));
	for (place = 1; place <= PLACES; place++) {
		memory_watch(place, 1);
		unsigned number = try_publish(iot, _i);
		bool came = comes(iot, number, LOOK_MS);
		memory_give();
		ck_assert_msg(came || comes(iot, number, SETTLE_MS), "place %lu: %u was lost",
			      place, number);
	}
	place = 0;
	iotkit_close(iot);
}
END_TEST

/* Nothing wakes the session again for it. */
START_TEST(what_was_taken_is_acknowledged_without_memory)
{
	iotkit *taker = expect_open(broker.uri, NULL), *sender = expect_open(broker.uri, NULL);

	TRY(iotkit_set_option(taker, "mqtt.client_id", "taker"));
	TRY(iotkit_subscribe(taker, "short/#", 1));
	ck_assert_int_eq(iotkit_connect(taker, SETTLE_MS), IOTKIT_OK);
	expect_event(taker, IOTKIT_EVENT_SUBSCRIBED);
	ck_assert_int_eq(iotkit_connect(sender, SETTLE_MS), IOTKIT_OK);
	try_publish(sender, 1);
	ck_assert_int_eq(iotkit_disconnect(sender, SETTLE_MS), IOTKIT_OK);
	for (int look = 0; expect_stats(taker).received == 0 && look < SETTLE_MS; look++)
		usleep(1000);
	memory_watch(1, 40);
	expect_event(taker, IOTKIT_EVENT_MESSAGE);
	for (int look = 0; !broker_logged(&broker, "Received PUBACK from taker"); look++) {
		ck_assert_int_lt(look, SETTLE_MS);
		usleep(1000);
	}
	memory_give();
	iotkit_close(sender);
	iotkit_close(taker);
}
END_TEST

/* How often the command with this value has ended. */
static unsigned count_commands(iotkit *iot, const char *value, int32_t timeout_ms)
{
	const iotkit_event *event;
	unsigned count = 0;

	while ((event = iotkit_next_event(iot, timeout_ms)) != NULL)
		if (event->type == IOTKIT_EVENT_COMMAND)
			count += strcmp(event->payload, value) == 0;
	return count;
}

/* A plain board refuses each that comes to it, which tells that it came. */
START_TEST(a_command_comes_once_though_there_is_no_memory_to_tell_of_its_message)
{
	enum { PLACES = 40, LOOK_MS = 50 };
	iotkit *iot = expect_open(broker.uri, NULL);
	char port[128], value[12];

	snprintf(port, sizeof port, "serial:%s?lines=plain", board.path);
	TRY(iotkit_set_option(iot, "topic.base", "base"));
	TRY(iotkit_add_device(iot, "board", port));
	TRY(iotkit_subscribe(iot, "base/#", 2));
	ck_assert_int_eq(iotkit_connect(iot, SETTLE_MS), IOTKIT_OK);
	expect_event(iot, IOTKIT_EVENT_SUBSCRIBED);
	TRY(iotkit_publish(iot, "base/board/led/set", "", 0, 2, 0, NULL));
	expect_event(iot, IOTKIT_EVENT_COMMAND);
	for (place = 1; place <= PLACES; place++) {
		snprintf(value, sizeof value, "%lu", place);
		memory_watch(place, 1);
		TRY(iotkit_publish(iot, "base/board/led/set", value, strlen(value), 2, 0, NULL));
		unsigned count = count_commands(iot, value, LOOK_MS);
		memory_give();
		count += count_commands(iot, value, LOOK_MS);
		ck_assert_msg(count <= 1, "place %lu: it came %u times", place, count);
	}
	place = 0;
	iotkit_close(iot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory_received");
	TCase *connected = tcase_create("connected");

	tcase_add_checked_fixture(connected, start_broker, stop_broker);
	tcase_add_loop_test(connected, a_message_that_there_is_no_memory_for_comes_again, 1, 3);
	tcase_add_test(connected, what_was_taken_is_acknowledged_without_memory);
	tcase_add_test(connected,
		       a_command_comes_once_though_there_is_no_memory_to_tell_of_its_message);
	suite_add_tcase(suite, connected);
	return suite_run(suite);
}
