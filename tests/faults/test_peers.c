/* SPDX-License-Identifier: MIT
 *
 * Peers that are no MQTT broker, or a bad one: the sentence says what they are.
 */
#include <string.h>
#include <time.h>

#include "broker.h"
#include "expect.h"
#include "fake.h"
#include "suite.h"

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2 };

#define ANSWER(bytes) .answer = (bytes), .answer_size = sizeof(bytes) - 1
#define PARTING(bytes) .parting = (bytes), .parting_size = sizeof(bytes) - 1

static struct fake fake;
static iotkit *iot;

static void stop(void)
{
	iotkit_close(iot);
	iot = NULL;
	fake_stop(&fake);
}

static void start(void)
{
	iot = NULL;
}

static void begin(const char *version, const char *timeout_ms)
{
	const char *options[] = {"mqtt.version", version, "connect.timeout_ms", timeout_ms, NULL};

	fake_start(&fake);
	iot = expect_open(fake.uri, options);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
}

static const iotkit_event *expect_failure(iotkit_status status, const char *part)
{
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);

	ck_assert_msg(event->status == status && strstr(event->text, part) != NULL, "%d %s",
		      (int)event->status, event->text);
	return event;
}

/* ---- before the connection stands ---- */

START_TEST(a_listener_that_never_answers_is_given_up_in_time)
{
	fake = (struct fake){0};
	begin(versions[_i], "200");
	ck_assert_int_ge(
		expect_failure(IOTKIT_ETIMEOUT, "did not answer CONNECT in time")->retry_ms, 0);
	assert_fails(iotkit_connect(iot, 1), IOTKIT_ETIMEOUT, "trying on in the background");
	expect_failure(IOTKIT_ETIMEOUT, "connect.timeout_ms");
}
END_TEST

START_TEST(a_web_server_is_told_from_a_broker)
{
	fake = (struct fake){ANSWER("HTTP/1.1 400 Bad Request\r\n\r\n"), .closes = true};
	begin(versions[_i], "5000");
	expect_failure(IOTKIT_EPROTOCOL, "'HTTP/1.1 400 Bad'");
	expect_failure(IOTKIT_EPROTOCOL, "does not speak MQTT");
}
END_TEST

START_TEST(a_server_that_greets_first_is_told_from_a_broker)
{
	fake = (struct fake){ANSWER("SSH-2.0-OpenSSH\r\n"), .greets = true};
	begin(versions[_i], "5000");
	expect_failure(IOTKIT_EPROTOCOL, "'SSH-2.0-OpenSSH\\x0d'");
}
END_TEST

START_TEST(a_tls_server_is_told_from_a_broker)
{
	fake = (struct fake){ANSWER("\x15\x03\x01\x00\x02\x02\x46"), .closes = true};
	begin(versions[_i], "5000");
	expect_failure(IOTKIT_EPROTOCOL, "speaks TLS on this port");
	expect_failure(IOTKIT_EPROTOCOL, "use mqtts://127.0.0.1");
}
END_TEST

START_TEST(a_broker_that_closes_instead_of_answering_is_told)
{
	fake = (struct fake){.closes = true};
	begin(versions[_i], "5000");
	expect_failure(IOTKIT_ENETWORK, "");
	expect_failure(IOTKIT_ENETWORK, "");
	ck_assert_uint_eq(expect_stats(iot).connects, 0);
}
END_TEST

START_TEST(noise_after_a_good_first_byte_is_no_connection)
{
	fake = (struct fake){ANSWER("\x20\xff\xff\xff\xff\xff\xff\xff"), .closes = true};
	begin(versions[_i], "1000");
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_uint_eq(expect_stats(iot).connects, 0);
}
END_TEST

START_TEST(an_old_broker_refuses_version_5_in_its_old_way)
{
	fake = (struct fake){ANSWER("\x20\x02\x00\x01"), .closes = true};
	begin("5", "5000");
	ck_assert_int_eq(expect_failure(IOTKIT_EPROTOCOL, "mqtt.version")->retry_ms, -1);
}
END_TEST

START_TEST(each_refusal_of_version_3_has_its_words)
{
	static const char *const words[] = {"unacceptable protocol version",
					    "client identifier rejected", "server unavailable",
					    "bad user name or password", "not authorised"};
	char answer[] = {0x20, 0x02, 0x00, (char)(_i + 1)};
	const bool lasting = _i != 2;

	fake = (struct fake){.answer = answer, .answer_size = sizeof answer, .closes = true};
	begin("3.1.1", "5000");
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_msg(strstr(event->text, words[_i]) != NULL, "%s", event->text);
	ck_assert_int_eq(event->retry_ms == -1, lasting);
}
END_TEST

START_TEST(a_refusal_of_version_5_has_its_words)
{
	fake = (struct fake){ANSWER("\x20\x03\x00\x8a\x00"), .closes = true};
	begin("5", "5000");
	ck_assert_int_eq(expect_failure(IOTKIT_EAUTH, "banned (code 0x8a): ask")->retry_ms, -1);
}
END_TEST

START_TEST(a_busy_broker_is_tried_again)
{
	fake = (struct fake){ANSWER("\x20\x03\x00\x89\x00"), .closes = true};
	begin("5", "5000");
	ck_assert_int_ge(expect_failure(IOTKIT_EREFUSED, "server busy")->retry_ms, 20);
	ck_assert_int_ge(expect_failure(IOTKIT_EREFUSED, "server busy")->retry_ms, 20);
}
END_TEST

/* ---- afterwards ---- */

static const char connack_5[] = "\x20\x03\x00\x00\x00";
static const char taken_over[] = "\xe0\x02\x8e\x00";

START_TEST(who_is_taken_over_learns_it_and_does_not_fight_back)
{
	fake = (struct fake){ANSWER(connack_5), PARTING(taken_over)};
	begin("5", "5000");
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	atomic_store(&fake.parts, true);
	const iotkit_event *event = expect_failure(IOTKIT_EREFUSED, "session taken over");
	ck_assert_int_eq(event->retry_ms, -1);
	ck_assert_ptr_nonnull(strstr(event->text, "another client"));
}
END_TEST

START_TEST(who_is_taken_over_while_sending_learns_it_too)
{
	static char payload[1000];
	const char *options[] = {"events.max", "100000", NULL};

	fake = (struct fake){ANSWER(connack_5), PARTING(taken_over), .deaf = true};
	fake_start(&fake);
	iot = expect_open(fake.uri, options);
	for (int i = 0; i < 20000; i++)
		ck_assert_int_eq(iotkit_publish(iot, "t", payload, sizeof payload, 0, 0, NULL),
				 IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	atomic_store(&fake.parts, true);
	ck_assert_int_eq(expect_failure(IOTKIT_EREFUSED, "session taken over")->retry_ms, -1);
}
END_TEST

START_TEST(a_goodbye_quotes_the_brokers_own_words)
{
	fake = (struct fake){ANSWER(connack_5), PARTING("\xe0\x0a\x98\x08\x1f\x00\x05"
							"Never")};
	begin("5", "5000");
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	atomic_store(&fake.parts, true);
	expect_failure(IOTKIT_EREFUSED, "administrative action (code 0x98, 'Never')");
}
END_TEST

START_TEST(a_broker_that_reads_nothing_is_left_within_two_seconds)
{
	static char payload[1 << 20];

	fake = (struct fake){ANSWER(connack_5), .deaf = true};
	begin("5", "5000");
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(iotkit_publish(iot, "t", payload, sizeof payload, i % 3, 0, NULL),
				 IOTKIT_OK);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	assert_fails(iotkit_flush(iot, 200), IOTKIT_ETIMEOUT, "messages wait");
	time_t before = time(NULL);
	iotkit_close(iot);
	iot = NULL;
	ck_assert_int_le(time(NULL) - before, 3);
}
END_TEST

START_TEST(noise_in_the_midst_of_a_connection_ends_it)
{
	static const char noise[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff";

	fake = (struct fake){ANSWER(connack_5), PARTING(noise)};
	begin("5", "5000");
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	atomic_store(&fake.parts, true);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peers");
	TCase *before = tcase_create("before the connection stands");
	TCase *after = tcase_create("afterwards");

	tcase_add_checked_fixture(before, start, stop);
	tcase_set_timeout(before, 120);
	tcase_add_loop_test(before, a_listener_that_never_answers_is_given_up_in_time, 0, VERSIONS);
	tcase_add_loop_test(before, a_web_server_is_told_from_a_broker, 0, VERSIONS);
	tcase_add_loop_test(before, a_server_that_greets_first_is_told_from_a_broker, 0, VERSIONS);
	tcase_add_loop_test(before, a_tls_server_is_told_from_a_broker, 0, VERSIONS);
	tcase_add_loop_test(before, a_broker_that_closes_instead_of_answering_is_told, 0, VERSIONS);
	tcase_add_loop_test(before, noise_after_a_good_first_byte_is_no_connection, 0, VERSIONS);
	tcase_add_test(before, an_old_broker_refuses_version_5_in_its_old_way);
	tcase_add_loop_test(before, each_refusal_of_version_3_has_its_words, 0, 5);
	tcase_add_test(before, a_refusal_of_version_5_has_its_words);
	tcase_add_test(before, a_busy_broker_is_tried_again);
	suite_add_tcase(suite, before);
	tcase_add_checked_fixture(after, start, stop);
	tcase_set_timeout(after, 120);
	tcase_add_test(after, who_is_taken_over_learns_it_and_does_not_fight_back);
	tcase_add_loop_test(after, who_is_taken_over_while_sending_learns_it_too, 0, 5);
	tcase_add_test(after, a_goodbye_quotes_the_brokers_own_words);
	tcase_add_test(after, a_broker_that_reads_nothing_is_left_within_two_seconds);
	tcase_add_test(after, noise_in_the_midst_of_a_connection_ends_it);
	suite_add_tcase(suite, after);
	return suite_run(suite);
}
