/* SPDX-License-Identifier: MIT
 *
 * The outbox in a file, as an application meets it: other lives of the process, brokers
 * that forget, expiry, order, and repeats. (Kills are in tests/torture.)
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum { COUNT = 20 };

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2 };

static struct broker broker;
static iotkit *receiver;
static char path[128];

static void start(void)
{
	broker = (struct broker){.persistent = true};
	broker_start(&broker);
	snprintf(path, sizeof path, "%s/box", broker.folder);
	receiver = NULL;
}

/* Not before another life: a process with threads had better not fork. */
static void listen_up(void)
{
	receiver = expect_connected(broker.uri, NULL);
	expect_subscribed(receiver, "up/#", 2);
}

static void stop(void)
{
	iotkit_close(receiver);
	broker_remove(&broker);
}

static iotkit *sender_of(int version)
{
	const char *options[] = {"mqtt.version", versions[version], "outbox.path", path, NULL};

	return expect_open(broker.uri, options);
}

static void publish(iotkit *iot, const char *topic, int first, int count)
{
	char text[16];

	for (int i = first; i < first + count; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_published(iot, topic, text, 2);
	}
}

static void expect_numbers(const char *topic, int first, int count)
{
	char text[16];

	for (int i = first; i < first + count; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_message(receiver, topic, text);
	}
}

/* Does something in another process, which is killed right after. */
static void in_another_life(void (*act)(iotkit *iot), int version)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		act(sender_of(version));
		raise(SIGKILL);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void publish_only(iotkit *iot)
{
	publish(iot, "up/a", 1, COUNT);
}

START_TEST(what_a_killed_process_accepted_arrives_and_is_told_with_its_number)
{
	in_another_life(publish_only, _i);
	listen_up();
	iotkit *sender = sender_of(_i);
	publish(sender, "up/a", COUNT + 1, 1);
	ck_assert_uint_eq(expect_stats(sender).waiting, COUNT + 1);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	expect_numbers("up/a", 1, COUNT + 1);
	for (uint64_t id = 1; id <= COUNT + 1; id++)
		ck_assert_uint_eq(expect_event(sender, IOTKIT_EVENT_DELIVERED)->id, id);
	iotkit_close(sender);
	sender = sender_of(_i);
	ck_assert_uint_eq(expect_stats(sender).waiting, 0);
	iotkit_close(sender);
}
END_TEST

START_TEST(a_client_without_a_name_keeps_the_one_it_got)
{
	char first[64], second[64];
	iotkit *sender = sender_of(_i);

	listen_up();
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_get_option(sender, "mqtt.client_id", first, sizeof first),
			 IOTKIT_OK);
	iotkit_close(sender);
	sender = sender_of(_i);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(expect_event(sender, IOTKIT_EVENT_CONNECTED)->retain, 1);
	ck_assert_int_eq(iotkit_get_option(sender, "mqtt.client_id", second, sizeof second),
			 IOTKIT_OK);
	ck_assert_str_eq(first, second);
	iotkit_close(sender);
}
END_TEST

START_TEST(a_broker_that_has_forgotten_the_session_is_told_and_nothing_lost)
{
	iotkit *sender = sender_of(_i);

	listen_up();
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	publish(sender, "up/a", 1, COUNT);
	expect_numbers("up/a", 1, COUNT);
	iotkit_close(sender);
	iotkit_close(receiver);
	broker_remove(&broker); /* with all that it knew, and the outbox */
	start();
	listen_up();
	sender = sender_of(_i);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	broker_kill(&broker);
	publish(sender, "up/a", COUNT + 1, COUNT);
	broker_restart(&broker); /* killed before it saved anything */
	expect_text(sender, IOTKIT_EVENT_LOG, "forgotten the session");
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	iotkit_close(sender);
}
END_TEST

START_TEST(another_client_id_begins_anew_and_loses_nothing)
{
	const char *options[] = {"mqtt.version",   versions[_i], "outbox.path", path,
				 "mqtt.client_id", "other",      NULL};

	in_another_life(publish_only, _i);
	listen_up();
	iotkit *sender = expect_open(broker.uri, options);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	expect_numbers("up/a", 1, COUNT);
	iotkit_close(sender);
}
END_TEST

START_TEST(what_nobody_wants_any_more_is_dropped_and_told)
{
	iotkit *sender = sender_of(_i);

	listen_up();
	ck_assert_int_eq(iotkit_set_option(sender, "publish.expiry_s", "1"), IOTKIT_OK);
	publish(sender, "up/a", 1, 3);
	usleep(1100000); /* its life */
	ck_assert_int_eq(iotkit_set_option(sender, "publish.expiry_s", "0"), IOTKIT_OK);
	publish(sender, "up/a", 4, 1);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	for (uint64_t id = 1; id <= 3; id++) {
		const iotkit_event *event = expect_event(sender, IOTKIT_EVENT_DROPPED);
		ck_assert_uint_eq(event->id, id);
		ck_assert_ptr_nonnull(strstr(event->text, "publish.expiry_s"));
	}
	expect_numbers("up/a", 4, 1);
	ck_assert_uint_eq(expect_stats(sender).dropped, 3);
	iotkit_close(sender);
}
END_TEST

START_TEST(live_first_sends_what_is_new_before_the_backlog)
{
	iotkit *sender = sender_of(_i);

	listen_up();
	ck_assert_int_eq(iotkit_set_option(sender, "outbox.drain", "live-first"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(sender, "outbox.drain_rate", "20"), IOTKIT_OK);
	publish(sender, "up/old", 1, COUNT);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	publish(sender, "up/new", 1, 1);
	int old = 0;
	for (;;) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		if (strcmp(event->topic, "up/new") == 0)
			break;
		ck_assert_int_eq(atoi(event->payload), ++old);
	}
	ck_assert_int_lt(old, COUNT);
	expect_numbers("up/old", old + 1, COUNT - old);
	iotkit_close(sender);
}
END_TEST

START_TEST(repeats_can_be_told_by_epoch_and_seq)
{
	const char *options[] = {"mqtt.version", "5", "publish.id", "on", NULL};
	iotkit *sender = expect_connected(broker.uri, options);
	iotkit_dedup *dedup = NULL;

	listen_up();
	ck_assert_int_eq(iotkit_dedup_open(NULL, &dedup), IOTKIT_OK);
	publish(sender, "up/a", 1, 3);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		ck_assert_uint_ne(event->epoch, 0);
		ck_assert_uint_eq(event->seq, seq);
		ck_assert_int_eq(iotkit_dedup_is_new(dedup, event->epoch, event->seq), 1);
		ck_assert_int_eq(iotkit_dedup_is_new(dedup, event->epoch, event->seq), 0);
	}
	iotkit_dedup_close(dedup);
	iotkit_close(sender);
}
END_TEST

START_TEST(json_payloads_carry_epoch_and_seq)
{
	const char *options[] = {"mqtt.version", "3.1.1",      "publish.id", "on", "payload",
				 "json",         "topic.base", "up",         NULL};
	iotkit *sender = expect_connected(broker.uri, options);

	listen_up();
	ck_assert_int_eq(iotkit_publish_metric(sender, "d", "t", 21.5, "Cel", 0), IOTKIT_OK);
	const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
	ck_assert_ptr_nonnull(strstr(event->payload, "\"epoch\":"));
	ck_assert_ptr_nonnull(strstr(event->payload, "\"seq\":1"));
	iotkit_close(sender);
}
END_TEST

static void publish_metrics(iotkit *iot)
{
	ck_assert_int_eq(iotkit_set_option(iot, "payload", "senml"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(iot, "topic.base", "up"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(iot, "batch.ms", "3600000"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "t", 1, "Cel", 0), IOTKIT_OK);
	ck_assert_int_eq(iotkit_publish_metric(iot, "d", "t", 2, "Cel", 0), IOTKIT_OK);
}

START_TEST(metrics_of_a_pack_that_was_never_closed_arrive)
{
	in_another_life(publish_metrics, _i);
	listen_up();
	iotkit *sender = sender_of(_i);
	publish_metrics(sender);
	ck_assert_int_eq(iotkit_connect(sender, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(sender, EXPECT_MS), IOTKIT_OK);
	const char *const values[] = {"\"v\":1", "\"v\":2", "\"v\":1"};
	for (int i = 0; i < 3; i++) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		ck_assert_str_eq(event->topic, "up/d/senml");
		ck_assert_ptr_nonnull(strstr(event->payload, values[i]));
		ck_assert_int_eq(strstr(event->payload, "\"v\":2") != NULL, i > 0);
	}
	iotkit_close(sender);
}
END_TEST

START_TEST(a_file_in_use_or_too_late_is_refused_with_a_sentence)
{
	iotkit *first = sender_of(_i);
	iotkit *second = expect_open(broker.uri, NULL);

	listen_up();
	assert_fails(iotkit_set_option(second, "outbox.path", path), IOTKIT_EBUSY, path);
	publish(second, "up/a", 1, 1);
	iotkit_close(first);
	assert_fails(iotkit_set_option(second, "outbox.path", path), IOTKIT_ESTATE,
		     "before the first message");
	assert_fails(iotkit_open("mqtt://localhost?outbox.path=/no/such/folder/box", &first),
		     IOTKIT_ESYSTEM, "/no/such/folder");
	iotkit_close(second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("durable");
	TCase *durable = tcase_create("durable");

	tcase_add_checked_fixture(durable, start, stop);
	tcase_set_timeout(durable, 60);
	tcase_add_loop_test(durable,
			    what_a_killed_process_accepted_arrives_and_is_told_with_its_number, 0,
			    VERSIONS);
	tcase_add_loop_test(durable, a_client_without_a_name_keeps_the_one_it_got, 0, VERSIONS);
	tcase_add_loop_test(durable,
			    a_broker_that_has_forgotten_the_session_is_told_and_nothing_lost, 0,
			    VERSIONS);
	tcase_add_loop_test(durable, another_client_id_begins_anew_and_loses_nothing, 0, VERSIONS);
	tcase_add_loop_test(durable, what_nobody_wants_any_more_is_dropped_and_told, 0, VERSIONS);
	tcase_add_loop_test(durable, live_first_sends_what_is_new_before_the_backlog, 0, VERSIONS);
	tcase_add_test(durable, repeats_can_be_told_by_epoch_and_seq);
	tcase_add_test(durable, json_payloads_carry_epoch_and_seq);
	tcase_add_loop_test(durable, metrics_of_a_pack_that_was_never_closed_arrive, 0, VERSIONS);
	tcase_add_loop_test(durable, a_file_in_use_or_too_late_is_refused_with_a_sentence, 0,
			    VERSIONS);
	suite_add_tcase(suite, durable);
	return suite_run(suite);
}
