/* SPDX-License-Identifier: MIT
 *
 * What a broker refuses is told in words, and not tried again when that
 * cannot help.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static const char *const versions[] = {"3.1.1", "5"};

#define DYNAMIC_SECURITY "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so"

enum { VERSIONS = 2 };

static const char acl[] = "user anna\n"
			  "topic readwrite allowed/#\n";

static struct broker broker;
static iotkit *iot;

static void start(void)
{
	broker = (struct broker){.user = "anna", .password = "right", .acl = acl};
	broker_start(&broker);
}

static void stop(void)
{
	iotkit_close(iot);
	iot = NULL;
	broker_remove(&broker);
}

static void open_as(const char *version, const char *user, const char *password)
{
	const char *options[] = {"mqtt.version", version, "mqtt.username", user, "mqtt.password",
				 password,       NULL};

	iot = expect_open(broker.uri, options);
}

static void assert_ended(iotkit_status status, const char *part)
{
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);

	ck_assert_int_eq(event->status, status);
	ck_assert_int_eq(event->retry_ms, -1);
	ck_assert_msg(strstr(event->text, part) != NULL, "%s", event->text);
	ck_assert_int_eq(expect_stats(iot).connected, 0);
}

/* ---- the connection ---- */

START_TEST(a_wrong_password_ends_the_session_with_the_reason)
{
	open_as(versions[_i], "anna", "wrong");
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EAUTH, "not authorised");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "mqtt.password_file"));
	assert_ended(IOTKIT_EAUTH, "not authorised");
	ck_assert_uint_eq(expect_stats(iot).connect_failures, 1);
}
END_TEST

START_TEST(no_password_ends_the_session_with_the_reason)
{
	open_as(versions[_i], "", "");
	assert_fails(iotkit_connect(iot, -1), IOTKIT_EAUTH, "not authorised");
	assert_ended(IOTKIT_EAUTH, "not authorised");
}
END_TEST

START_TEST(the_right_password_from_the_uri_connects)
{
	char uri[128];

	snprintf(uri, sizeof uri, "mqtt://anna:ri%%67ht@127.0.0.1:%u?mqtt.version=%s",
		 (unsigned)broker.port, versions[_i]);
	iot = expect_connected(uri, NULL);
}
END_TEST

START_TEST(a_password_file_is_read_at_each_attempt)
{
	char path[128];
	const char *options[] = {
		"mqtt.version", versions[_i], "mqtt.username", "anna", "mqtt.password_file",
		path,           NULL};

	snprintf(path, sizeof path, "%s/log.password", broker.folder);
	iot = expect_open(broker.uri, options);
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EINVAL, "no password file");
	assert_ended(IOTKIT_EINVAL, path);
	FILE *file = fopen(path, "w");
	fputs("right\n", file);
	fclose(file);
	chmod(path, 0644);
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EINVAL, "chmod 600");
	chmod(path, 0600);
	iotkit_status status = iotkit_connect(iot, EXPECT_MS);
	unlink(path);
	ck_assert_msg(status == IOTKIT_OK, "%s", iotkit_last_error());
}
END_TEST

START_TEST(after_a_refusal_connecting_again_starts_anew)
{
	open_as(versions[_i], "anna", "wrong");
	assert_fails(iotkit_connect(iot, -1), IOTKIT_EAUTH, "not authorised");
	assert_fails(iotkit_connect(iot, -1), IOTKIT_EAUTH, "not authorised");
	ck_assert_uint_eq(expect_stats(iot).connect_failures, 2);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_flush(iot, -1), IOTKIT_ESTATE, "not authorised");
	assert_fails(iotkit_disconnect(iot, 100), IOTKIT_ETIMEOUT, "1 message");
}
END_TEST

/* ---- subscriptions and messages ---- */

/* Mosquitto's ACL file never refuses a SUBSCRIBE; its plugin does. */
START_TEST(a_subscription_that_the_broker_refuses_is_told)
{
	static const char rules[] = "{\"defaultACLAccess\":{\"publishClientSend\":true,"
				    "\"publishClientReceive\":true,\"subscribe\":false,"
				    "\"unsubscribe\":true},\"clients\":[],\"groups\":[],"
				    "\"roles\":[]}";
	char path[] = "/tmp/iotkit-rules-XXXXXX";
	char config[256];
	struct broker strict = {.config = config};
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, rules, sizeof rules - 1), sizeof rules - 1);
	close(fd);
	snprintf(config, sizeof config, "plugin %s\nplugin_opt_config_file %s", DYNAMIC_SECURITY,
		 path);
	broker_start(&strict);
	iot = expect_connected(strict.uri, options);
	ck_assert_int_eq(iotkit_subscribe(iot, "not/for/you", 1), IOTKIT_OK);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_SUBSCRIBED);
	ck_assert_str_eq(event->topic, "not/for/you");
	ck_assert_int_eq(event->status, _i == 0 ? IOTKIT_EREFUSED : IOTKIT_EAUTH);
	ck_assert_msg(strstr(event->text, "check") != NULL && strstr(event->text, "ACL") != NULL,
		      "%s", event->text);
	ck_assert_int_eq(expect_stats(iot).connected, 1);
	broker_remove(&strict);
	unlink(path);
}
END_TEST

START_TEST(a_message_that_the_broker_refuses_is_dropped_with_its_words)
{
	uint64_t id = 0;
	int32_t qos = _i;

	open_as("5", "anna", "right");
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_publish(iot, "secret/t", "x", 1, qos, 0, &id), IOTKIT_OK);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DROPPED);
	ck_assert_uint_eq(event->id, id);
	ck_assert_str_eq(event->topic, "secret/t");
	ck_assert_int_eq(event->status, IOTKIT_EAUTH);
	ck_assert_msg(strstr(event->text, "not authorised (code 0x87): check") != NULL, "%s",
		      event->text);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).dropped, 1);
	ck_assert_uint_eq(expect_stats(iot).delivered, 0);
}
END_TEST

/* ---- more than one broker ---- */

static void list_of_two(char uri[160], uint16_t first, uint16_t second)
{
	snprintf(uri, 160, "mqtt://127.0.0.1:%u,127.0.0.1:%u", (unsigned)first, (unsigned)second);
}

START_TEST(a_broker_that_refuses_for_good_gives_way_to_the_next)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	struct broker open_to_all = {0};
	char uri[160], port[16];

	broker_start(&open_to_all);
	list_of_two(uri, broker.port, open_to_all.port);
	snprintf(port, sizeof port, ":%u", (unsigned)open_to_all.port);
	iot = expect_connected(uri, options);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_EAUTH);
	ck_assert_int_eq(event->retry_ms, 0);
	expect_text(iot, IOTKIT_EVENT_CONNECTED, port);
	broker_remove(&open_to_all);
}
END_TEST

START_TEST(the_session_ends_when_all_brokers_refuse_for_good)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	struct broker second = {.user = "bert", .password = "secret"};
	char uri[160];

	broker_start(&second);
	list_of_two(uri, broker.port, second.port);
	iot = expect_open(uri, options);
	assert_fails(iotkit_connect(iot, -1), IOTKIT_EAUTH, "not authorised");
	ck_assert_uint_eq(expect_stats(iot).connect_failures, 2);
	broker_remove(&second);
}
END_TEST

START_TEST(an_absent_broker_gives_way_to_the_next_at_once)
{
	struct broker open_to_all = {0};
	char uri[160];

	broker_start(&open_to_all);
	list_of_two(uri, broker_free_port(), open_to_all.port);
	iot = expect_connected(uri, NULL);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_ENETWORK);
	ck_assert_int_eq(event->retry_ms, 0);
	broker_remove(&open_to_all);
}
END_TEST

START_TEST(beside_a_refusing_broker_an_absent_one_is_tried_with_pauses)
{
	char uri[160];

	list_of_two(uri, broker.port, broker_free_port());
	iot = expect_open(uri, NULL);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	ck_assert_int_eq(expect_event(iot, IOTKIT_EVENT_DISCONNECTED)->retry_ms, 0);
	for (int attempt = 0; attempt < 6; attempt++)
		ck_assert_int_ge(expect_event(iot, IOTKIT_EVENT_DISCONNECTED)->retry_ms, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("refusals");
	TCase *refusals = tcase_create("refusals");

	tcase_add_checked_fixture(refusals, start, stop);
	tcase_set_timeout(refusals, 120);
	tcase_add_loop_test(refusals, a_wrong_password_ends_the_session_with_the_reason, 0,
			    VERSIONS);
	tcase_add_loop_test(refusals, no_password_ends_the_session_with_the_reason, 0, VERSIONS);
	tcase_add_loop_test(refusals, the_right_password_from_the_uri_connects, 0, VERSIONS);
	tcase_add_loop_test(refusals, a_password_file_is_read_at_each_attempt, 0, VERSIONS);
	tcase_add_loop_test(refusals, after_a_refusal_connecting_again_starts_anew, 0, VERSIONS);
	tcase_add_loop_test(refusals, a_subscription_that_the_broker_refuses_is_told, 0, VERSIONS);
	tcase_add_loop_test(refusals, a_message_that_the_broker_refuses_is_dropped_with_its_words,
			    1, 3);
	tcase_add_loop_test(refusals, a_broker_that_refuses_for_good_gives_way_to_the_next, 0,
			    VERSIONS);
	tcase_add_loop_test(refusals, the_session_ends_when_all_brokers_refuse_for_good, 0,
			    VERSIONS);
	tcase_add_test(refusals, an_absent_broker_gives_way_to_the_next_at_once);
	tcase_add_test(refusals, beside_a_refusing_broker_an_absent_one_is_tried_with_pauses);
	suite_add_tcase(suite, refusals);
	return suite_run(suite);
}
