/* SPDX-License-Identifier: MIT
 *
 * Metrics of the application and of a board on a pty, on their way through the
 * broker.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "pty.h"
#include "suite.h"

static struct broker broker;
static iotkit *iot;
static iotkit *receiver;
static struct pty board;
static char folder[64];
static char link_path[128];
static char port_uri[160];

static void start(void)
{
	broker = (struct broker){0};
	broker_start(&broker);
	receiver = expect_connected(broker.uri, NULL);
	expect_subscribed(receiver, "iotkit/#", 1);
	iot = NULL;
	board.master = -1;
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(link_path, sizeof link_path, "%s/board", folder);
	snprintf(port_uri, sizeof port_uri, "serial:%s", link_path);
}

static void stop(void)
{
	iotkit_close(iot);
	iotkit_close(receiver);
	iot = receiver = NULL;
	if (board.master >= 0)
		pty_close(&board);
	unlink(link_path);
	rmdir(folder);
	broker_remove(&broker);
}

static void open_with(const char *name, const char *value)
{
	const char *options[] = {name, value, NULL};

	iot = expect_connected(broker.uri, options);
}

static void publish(const char *device, const char *name, double value, const char *unit)
{
	ck_assert_msg(iotkit_publish_metric(iot, device, name, value, unit, 1700000000123) ==
			      IOTKIT_OK,
		      "%s", iotkit_last_error());
}

/* ---- the application's ---- */

START_TEST(text_is_the_shortest_number)
{
	open_with("payload", "text");
	publish("shed", "temperature", 23.5, "Cel");
	expect_message(receiver, "iotkit/shed/temperature", "23.5");
	publish("shed", "tenth", 0.1, NULL);
	expect_message(receiver, "iotkit/shed/tenth", "0.1");
	publish("shed", "count", 1e6, "");
	expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	ck_assert_uint_eq(expect_stats(iot).metrics, 3);
}
END_TEST

START_TEST(json_has_value_unit_and_time)
{
	open_with("payload", "json");
	publish("shed", "temperature", 23.5, "Cel");
	const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	const char *payload = event->payload;
	ck_assert_str_eq(event->topic, "iotkit/shed/temperature");
	ck_assert_msg(strstr(payload, "23.5") && strstr(payload, "Cel") &&
			      strstr(payload, "1700000000.123"),
		      "%s", payload);
}
END_TEST

START_TEST(senml_packs_many_metrics_into_one_message)
{
	const char *options[] = {"payload", "senml", "batch.max", "3", "batch.ms", "60000", NULL};

	iot = expect_connected(broker.uri, options);
	for (int i = 0; i < 3; i++)
		publish("shed", "t", i + 0.5, "Cel");
	const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	ck_assert_str_eq(event->topic, "iotkit/shed/senml");
	for (const char *const *value = (const char *const[]){"0.5", "1.5", "2.5", NULL};
	     *value != NULL; value++)
		ck_assert_msg(strstr(event->payload, *value) != NULL, "%s",
			      (const char *)event->payload);
}
END_TEST

START_TEST(a_pack_is_sent_when_it_is_old_flushed_or_left)
{
	const char *quick[] = {"payload", "senml", "batch.ms", "50", NULL};
	const char *slow[] = {"payload", "senml", "batch.ms", "3600000", NULL};

	iot = expect_connected(broker.uri, quick);
	publish("shed", "aged", 1, NULL);
	expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	iotkit_close(iot);
	iot = expect_connected(broker.uri, slow);
	publish("shed", "flushed", 2, NULL);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_ptr_nonnull(
		strstr(expect_event(receiver, IOTKIT_EVENT_MESSAGE)->payload, "flushed"));
	publish("shed", "left", 3, NULL);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_ptr_nonnull(
		strstr(expect_event(receiver, IOTKIT_EVENT_MESSAGE)->payload, "left"));
}
END_TEST

START_TEST(names_that_do_not_fit_are_changed_and_told_once)
{
	open_with("topic.base", "iotkit/house");
	for (int i = 0; i < 3; i++)
		publish("green/house", "t+#", i, NULL);
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(expect_event(receiver, IOTKIT_EVENT_MESSAGE)->topic,
				 "iotkit/house/green_house/t__");
	ck_assert_int_eq(expect_text(iot, IOTKIT_EVENT_LOG, "'green_house'")->status,
			 IOTKIT_EINVAL);
	expect_text(iot, IOTKIT_EVENT_LOG, "'t__'");
	expect_none(iot, IOTKIT_EVENT_LOG, 50);
}
END_TEST

START_TEST(what_is_no_measurement_is_refused)
{
	static char endless[300];

	memset(endless, 'n', sizeof endless - 1);
	iot = expect_open(broker.uri, NULL);
	ck_assert_int_eq(iotkit_publish_metric(iot, NULL, "t", 1, NULL, 0), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "", 1, NULL, 0), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "t", NAN, NULL, 0), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "t", INFINITY, NULL, 0), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", endless, 1, NULL, 0), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "\xff", 1, NULL, 0), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_publish_metric(NULL, "d", "t", 1, NULL, 0), IOTKIT_EINVAL);
	ck_assert_uint_eq(expect_stats(iot).metrics, 0);
}
END_TEST

/* ---- a board's ---- */

static void plug_in(void)
{
	pty_open(&board);
	pty_link(&board, link_path);
}

START_TEST(a_boards_lines_arrive_as_metrics)
{
	open_with("events.metrics", "on");
	plug_in();
	ck_assert_int_eq(iotkit_add_device(iot, "shed", port_uri), IOTKIT_OK);
	expect_message(receiver, "iotkit/shed/status", "online");
	/* The first line may be half a line, and is passed over. */
	pty_print(&board, "\ntemperature:23.5,humidity:40\n# hello\n");
	expect_message(receiver, "iotkit/shed/temperature", "23.5");
	expect_message(receiver, "iotkit/shed/humidity", "40");
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_METRIC);
	ck_assert_str_eq(event->device, "shed");
	ck_assert_str_eq(event->topic, "temperature");
	ck_assert_double_eq(event->value, 23.5);
	expect_text(iot, IOTKIT_EVENT_LOG, "hello");
	ck_assert_uint_eq(expect_stats(iot).metrics, 2);
}
END_TEST

START_TEST(a_board_that_vanishes_and_returns_is_told_to_all)
{
	iot = expect_connected(broker.uri, NULL);
	ck_assert_int_eq(iotkit_add_device(iot, "shed", port_uri), IOTKIT_OK);
	expect_message(receiver, "iotkit/shed/status", "offline");
	ck_assert_int_lt(expect_event(iot, IOTKIT_EVENT_DEVICE_OFFLINE)->status, 0);
	for (int i = 0; i < 3; i++) {
		plug_in();
		expect_message(receiver, "iotkit/shed/status", "online");
		ck_assert_str_eq(expect_event(iot, IOTKIT_EVENT_DEVICE_ONLINE)->device, "shed");
		pty_print(&board, "\nt:1\n");
		expect_message(receiver, "iotkit/shed/t", "1");
		unlink(link_path);
		pty_close(&board);
		expect_message(receiver, "iotkit/shed/status", "offline");
		expect_event(iot, IOTKIT_EVENT_DEVICE_OFFLINE);
	}
}
END_TEST

START_TEST(a_status_is_retained_and_told_again_to_a_broker_that_forgot)
{
	iot = expect_connected(broker.uri, NULL);
	plug_in();
	ck_assert_int_eq(iotkit_add_device(iot, "shed", port_uri), IOTKIT_OK);
	expect_message(receiver, "iotkit/shed/status", "online");
	broker_kill(&broker);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	broker_restart(&broker);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	iotkit *later = expect_connected(broker.uri, NULL);
	ck_assert_int_eq(iotkit_subscribe(later, "iotkit/shed/status", 1), IOTKIT_OK);
	expect_message(later, "iotkit/shed/status", "online");
	iotkit_close(later);
}
END_TEST

START_TEST(who_leaves_in_order_leaves_its_boards_offline)
{
	iot = expect_connected(broker.uri, NULL);
	plug_in();
	ck_assert_int_eq(iotkit_add_device(iot, "shed", port_uri), IOTKIT_OK);
	expect_message(receiver, "iotkit/shed/status", "online");
	if (_i == 0)
		ck_assert_int_eq(iotkit_remove_device(iot, "shed"), IOTKIT_OK);
	else
		ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	expect_message(receiver, "iotkit/shed/status", "offline");
}
END_TEST

START_TEST(metrics_wait_for_the_broker)
{
	iot = expect_connected(broker.uri, NULL);
	plug_in();
	ck_assert_int_eq(iotkit_add_device(iot, "shed", port_uri), IOTKIT_OK);
	expect_message(receiver, "iotkit/shed/status", "online");
	broker_kill(&broker);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	pty_print(&board, "\n");
	for (int i = 0; i < 100; i++) {
		char line[16];
		snprintf(line, sizeof line, "t:%d\n", i);
		pty_print(&board, line);
	}
	while (expect_stats(iot).metrics < 100)
		iotkit_next_event(iot, 5);
	broker_restart(&broker);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).dropped, 0);
	ck_assert_uint_ge(expect_stats(iot).delivered, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *application = tcase_create("application");
	TCase *boards = tcase_create("boards");

	tcase_add_checked_fixture(application, start, stop);
	tcase_set_timeout(application, 120);
	tcase_add_test(application, text_is_the_shortest_number);
	tcase_add_test(application, json_has_value_unit_and_time);
	tcase_add_test(application, senml_packs_many_metrics_into_one_message);
	tcase_add_test(application, a_pack_is_sent_when_it_is_old_flushed_or_left);
	tcase_add_test(application, names_that_do_not_fit_are_changed_and_told_once);
	tcase_add_test(application, what_is_no_measurement_is_refused);
	suite_add_tcase(suite, application);
	tcase_add_checked_fixture(boards, start, stop);
	tcase_set_timeout(boards, 120);
	tcase_add_test(boards, a_boards_lines_arrive_as_metrics);
	tcase_add_test(boards, a_board_that_vanishes_and_returns_is_told_to_all);
	tcase_add_test(boards, a_status_is_retained_and_told_again_to_a_broker_that_forgot);
	tcase_add_loop_test(boards, who_leaves_in_order_leaves_its_boards_offline, 0, 2);
	tcase_add_test(boards, metrics_wait_for_the_broker);
	suite_add_tcase(suite, boards);
	return suite_run(suite);
}
