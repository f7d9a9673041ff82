/* SPDX-License-Identifier: MIT
 *
 * What trace=packets tells an application, beside what else it is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum { VERSIONS = 2, SENT_MAX = 64 };

static const char *const versions[] = {"3.1.1", "5"};
static struct broker broker;

static void start(void)
{
	broker = (struct broker){.persistent = true, .config = "log_type all"};
	broker_start(&broker);
}

static void stop(void)
{
	broker_remove(&broker);
}

static const iotkit_event *expect_trace(iotkit *iot, const char *text)
{
	const iotkit_event *event = expect_text(iot, IOTKIT_EVENT_TRACE, text);

	ck_assert_int_eq(event->status, IOTKIT_OK);
	ck_assert_ptr_null(event->payload);
	ck_assert_uint_eq(event->payload_size, 0);
	ck_assert_int_gt(event->time_ms, 1600000000000);
	return event;
}

static iotkit *tracing(int version)
{
	const char *options[] = {"mqtt.version",   versions[version], "trace", "packets",
				 "mqtt.client_id", "looker",          NULL};

	return expect_open(broker.uri, options);
}

static void connect_to_broker(iotkit *iot)
{
	ck_assert_msg(iotkit_connect(iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
}

START_TEST(nothing_is_told_unless_asked_for)
{
	iotkit *iot = expect_connected(broker.uri, NULL);
	const iotkit_event *event;

	expect_published(iot, "a/b", "hello", 2);
	do {
		event = iotkit_next_event(iot, EXPECT_MS);
		ck_assert_ptr_nonnull(event);
		ck_assert_int_ne(event->type, IOTKIT_EVENT_TRACE);
	} while (event->type != IOTKIT_EVENT_DELIVERED);
	iotkit_close(iot);
}
END_TEST

START_TEST(a_connection_is_told_with_its_will)
{
	iotkit *iot = tracing(_i);

	ck_assert_int_eq(iotkit_set_will(iot, "gone/for/good", "bye", 3, 1, 1), IOTKIT_OK);
	connect_to_broker(iot);
	const iotkit_event *event = expect_trace(iot, "sent CONNECT (MQTT ");
	ck_assert_ptr_nonnull(strstr(event->text, versions[_i]));
	ck_assert_ptr_nonnull(strstr(event->text, "'looker', clean start 0, keep-alive 60 s"));
	ck_assert_ptr_nonnull(strstr(event->text, "will q1 r1 'gone/for/good' 3 bytes"));
	ck_assert_ptr_null(strstr(event->text, "with "));
	expect_trace(iot, "received CONNACK (session present 0, reason 0x00 ");
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
	expect_trace(iot, "sent DISCONNECT");
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	iotkit_close(iot);
}
END_TEST

START_TEST(a_publish_is_told_with_all_that_it_has)
{
	iotkit *iot = tracing(_i);

	connect_to_broker(iot);
	ck_assert_int_eq(iotkit_publish(iot, "a/b", "hello", 5, 2, 1, NULL), IOTKIT_OK);
	const iotkit_event *event = expect_trace(iot, "sent PUBLISH (d0, q2, r1, m");
	uint64_t id = event->id;
	ck_assert_uint_ge(id, 0x8000); /* where those of messages begin */
	ck_assert_ptr_nonnull(strstr(event->text, ", 'a/b', 5 bytes"));
	ck_assert_str_eq(event->topic, "a/b");
	ck_assert_int_eq(event->qos, 2);
	ck_assert_int_eq(event->retain, 1);
	ck_assert(event->value == 5);
	ck_assert_uint_eq(expect_trace(iot, "received PUBREC (m")->id, id);
	ck_assert_uint_eq(expect_trace(iot, "sent PUBREL (m")->id, id);
	event = expect_trace(iot, "received PUBCOMP (m");
	ck_assert_uint_eq(event->id, id);
	ck_assert_ptr_null(event->topic);
	ck_assert(event->value == 0);
	/* In the order in which it was: only now. */
	expect_event(iot, IOTKIT_EVENT_DELIVERED);
	ck_assert_int_eq(iotkit_subscribe(iot, "a/#", 1), IOTKIT_OK);
	expect_trace(iot, "sent SUBSCRIBE (m1, 'a/#' q1)");
	expect_trace(iot, "received SUBACK (m1, 0x01 granted q1)");
	event = expect_trace(iot, "received PUBLISH (d0, q1, r1, m");
	ck_assert_str_eq(event->topic, "a/b");
	ck_assert_int_eq(event->retain, 1);
	expect_message(iot, "a/b", "hello");
	/* Acknowledged when it was taken, and not before. */
	expect_trace(iot, "sent PUBACK (m1");
	ck_assert_int_eq(iotkit_unsubscribe(iot, "a/#"), IOTKIT_OK);
	expect_trace(iot, "sent UNSUBSCRIBE (m2, 'a/#')");
	expect_trace(iot, "received UNSUBACK (m2");
	iotkit_close(iot);
}
END_TEST

START_TEST(what_is_sent_again_is_marked_as_such)
{
	iotkit *iot = tracing(_i);

	connect_to_broker(iot);
	/* So that the session is in the broker's file. */
	broker_stop(&broker);
	broker_restart(&broker);
	expect_trace(iot, "received CONNACK (session present 1");
	broker_freeze(&broker);
	expect_published(iot, "a/b", "hello", 1);
	uint64_t id = expect_trace(iot, "sent PUBLISH (d0, q1, r0, m")->id;
	broker_kill(&broker);
	broker_restart(&broker);
	const iotkit_event *event = expect_trace(iot, "sent PUBLISH (d1, q1, r0, m");
	ck_assert_uint_eq(event->id, id);
	ck_assert_str_eq(event->topic, "a/b");
	expect_trace(iot, "received PUBACK (m");
	ck_assert(broker_logged(&broker, "Received PUBLISH from looker (d1, q1, r0"));
	iotkit_close(iot);
}
END_TEST

START_TEST(pings_are_those_that_the_broker_sees)
{
	const char *options[] = {"mqtt.keepalive_s", "1", "trace", "packets", NULL};
	iotkit *iot = expect_connected(broker.uri, options);

	expect_trace(iot, "received CONNACK");
	ck_assert_str_eq(expect_trace(iot, "")->text, "sent PINGREQ");
	ck_assert_str_eq(expect_trace(iot, "")->text, "received PINGRESP");
	iotkit_close(iot);
}
END_TEST

/* More packets than the queue holds, and nobody who takes them. */
START_TEST(many_packets_cost_no_other_event)
{
	const char *options[] = {"events.max", "64", "trace", "packets", NULL};
	iotkit *iot = expect_connected(broker.uri, options);
	uint64_t missed = 0, delivered = 0;

	for (int i = 0; i < SENT_MAX - 2; i++)
		expect_published(iot, "a/b", "hello", 2);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	while (delivered < SENT_MAX - 2) {
		const iotkit_event *event = iotkit_next_event(iot, EXPECT_MS);
		ck_assert_ptr_nonnull(event);
		missed += event->missed;
		delivered += event->type == IOTKIT_EVENT_DELIVERED;
	}
	ck_assert_uint_gt(missed, SENT_MAX);
	ck_assert_uint_eq(expect_stats(iot).events_missed, missed);
	iotkit_close(iot);
}
END_TEST

START_TEST(a_capture_that_cannot_be_is_told_at_connect)
{
	char path[128];

	snprintf(path, sizeof path, "%s/capture", broker.folder);
	const char *options[] = {"trace.pcap", path, NULL};
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(chmod(path, 0644), 0);
	iotkit *iot = expect_open(broker.uri, options);
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EINVAL, "chmod 600");
	ck_assert_int_eq(chmod(path, 0600), 0);
	connect_to_broker(iot);
	iotkit *other = expect_open(broker.uri, options);
	assert_fails(iotkit_connect(other, EXPECT_MS), IOTKIT_EBUSY, "trace.pcap");
	iotkit_close(other);
	iotkit_close(iot);
	unlink(path);
}
END_TEST

START_TEST(a_full_capture_is_told_once_and_data_goes_on)
{
	static char payload[50000];
	char path[128];

	snprintf(path, sizeof path, "%s/capture", broker.folder);
	const char *options[] = {"trace.pcap", path, "trace.pcap_max_bytes", "65536", NULL};
	iotkit *iot = expect_connected(broker.uri, options);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(iotkit_publish(iot, "a", payload, sizeof payload, 1, 0, NULL),
				 IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	const iotkit_event *event = expect_text(iot, IOTKIT_EVENT_LOG, "no more packets");
	ck_assert_int_eq(event->status, IOTKIT_EFULL);
	do {
		event = iotkit_next_event(iot, EXPECT_MS);
		ck_assert_ptr_nonnull(event);
		ck_assert_int_ne(event->type, IOTKIT_EVENT_LOG);
	} while (event->type != IOTKIT_EVENT_DELIVERED || event->id < 4);
	struct stat file;
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_int_le(file.st_size, 65536);
	ck_assert_int_eq(file.st_mode & 0777, 0600);
	iotkit_close(iot);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trace");
	TCase *tests = tcase_create("trace");

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, nothing_is_told_unless_asked_for);
	tcase_add_loop_test(tests, a_connection_is_told_with_its_will, 0, VERSIONS);
	tcase_add_loop_test(tests, a_publish_is_told_with_all_that_it_has, 0, VERSIONS);
	tcase_add_loop_test(tests, what_is_sent_again_is_marked_as_such, 0, VERSIONS);
	tcase_add_test(tests, pings_are_those_that_the_broker_sees);
	tcase_add_test(tests, many_packets_cost_no_other_event);
	tcase_add_test(tests, a_capture_that_cannot_be_is_told_at_connect);
	tcase_add_test(tests, a_full_capture_is_told_once_and_data_goes_on);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
