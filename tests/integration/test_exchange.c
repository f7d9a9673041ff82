/* SPDX-License-Identifier: MIT
 *
 * How messages and their answers are exchanged, with a broker that the test plays itself.
 * Sources: MQTT 5.0 sections 3.3 to 3.7, 4.3, 4.4, 4.6 and 4.9; MQTT 3.1.1 likewise.
 */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "played.h"
#include "suite.h"

enum { VERSIONS = 2 };

static const char *const versions[] = {"3.1.1", "5"};

static iotkit *iot;
static struct played broker;

/* ---- the broker ---- */

static void answer(unsigned type, uint16_t id)
{
	played_answer(&broker, type, id);
}

static void answer_with_code(unsigned type, uint16_t id, unsigned char code)
{
	played_answer_with_code(&broker, type, id, code);
}

static void welcome(bool present, unsigned char receive_maximum)
{
	played_welcome(&broker, present, receive_maximum);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
}

static void cut(void)
{
	played_cut(&broker);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
}

/* ---- the client ---- */

static void live(const char *version)
{
	const char *options[] = {"mqtt.version", version, "mqtt.client_id", "exchanger", NULL};

	iot = expect_open(broker.uri, options);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
}

static void start_as(const char *version)
{
	broker = (struct played){.version_5 = strcmp(version, "5") == 0};
	played_start(&broker);
	live(version);
}

static void begin(const char *version)
{
	start_as(version);
	welcome(false, 0);
}

static void stop(void)
{
	played_cut(&broker); /* first, so that nothing is waited for */
	iotkit_close(iot);
	played_stop(&broker);
	iot = NULL;
}

static struct played_packet expect_publish(const char *payload, unsigned qos, bool dup)
{
	struct played_packet packet = played_read(&broker);

	ck_assert_uint_eq(packet.type, PLAYED_PUBLISH);
	ck_assert_str_eq(packet.payload, payload);
	ck_assert_uint_eq(packet.qos, qos);
	ck_assert(packet.dup == dup);
	ck_assert_uint_ne(packet.id, 0);
	return packet;
}

static void expect_release(uint16_t id)
{
	struct played_packet packet = played_read(&broker);

	ck_assert_uint_eq(packet.type, PLAYED_PUBREL);
	ck_assert_uint_eq(packet.id, id);
}

static void expect_delivered(uint64_t count)
{
	ck_assert_msg(iotkit_flush(iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_uint_eq(expect_stats(iot).delivered, count);
}

/* ---- a session that goes on, or not ---- */

START_TEST(what_has_no_answer_goes_again_in_its_order_and_before_what_is_new)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 1);
	expect_published(iot, "t", "b", 2);
	expect_published(iot, "t", "c", 2);
	expect_published(iot, "t", "d", 1);
	uint16_t a = expect_publish("a", 1, false).id, b = expect_publish("b", 2, false).id;
	uint16_t c = expect_publish("c", 2, false).id, d = expect_publish("d", 1, false).id;
	answer(PLAYED_PUBREC, b);
	expect_release(b);
	cut();
	expect_published(iot, "t", "new", 1);
	welcome(true, 0);
	expect_release(b);
	ck_assert_uint_eq(expect_publish("a", 1, true).id, a);
	ck_assert_uint_eq(expect_publish("c", 2, true).id, c);
	ck_assert_uint_eq(expect_publish("d", 1, true).id, d);
	uint16_t fresh = expect_publish("new", 1, false).id;
	answer(PLAYED_PUBACK, d);
	answer(PLAYED_PUBACK, a);
	answer(PLAYED_PUBREC, c);
	expect_release(c);
	answer(PLAYED_PUBCOMP, c);
	answer(PLAYED_PUBCOMP, b);
	answer(PLAYED_PUBACK, fresh);
	expect_delivered(5);
}
END_TEST

START_TEST(what_was_released_goes_on_being_released)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 2);
	uint16_t a = expect_publish("a", 2, false).id;
	answer(PLAYED_PUBREC, a);
	for (int times = 0; times < 3; times++) {
		expect_release(a);
		cut();
		welcome(true, 0);
	}
	expect_release(a);
	if (broker.version_5)
		answer_with_code(PLAYED_PUBCOMP, a, 0x92); /* not found: it had it */
	else
		answer(PLAYED_PUBCOMP, a);
	expect_delivered(1);
}
END_TEST

START_TEST(to_a_broker_that_has_forgotten_all_goes_anew)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 1);
	expect_published(iot, "t", "b", 2);
	expect_publish("a", 1, false);
	answer(PLAYED_PUBREC, expect_publish("b", 2, false).id);
	cut();
	welcome(false, 0);
	answer(PLAYED_PUBACK, expect_publish("a", 1, false).id);
	uint16_t b = expect_publish("b", 2, false).id;
	answer(PLAYED_PUBREC, b);
	expect_release(b);
	answer(PLAYED_PUBCOMP, b);
	expect_delivered(2);
}
END_TEST

/* Without a file. The broker would take a new message for the old one whose packet id it has. */
START_TEST(a_life_that_knows_nothing_of_the_last_one_has_other_packet_ids)
{
	enum { LIVES = 4 };
	bool differ = false;
	uint16_t last = 0;

	start_as(versions[_i]);
	for (int i = 0; i < LIVES; i++) {
		welcome(i > 0, 0);
		expect_published(iot, "t", "a", 2);
		uint16_t id = expect_publish("a", 2, false).id;
		differ = differ || (i > 1 && id != last);
		last = id;
		played_cut(&broker);
		iotkit_close(iot);
		live(versions[_i]);
	}
	ck_assert(differ);
}
END_TEST

START_TEST(a_broker_takes_as_many_at_once_as_it_says)
{
	start_as("5");
	welcome(false, 2);
	for (int i = 0; i < 4; i++)
		expect_published(iot, "t", (char[]){(char)('a' + i), '\0'}, 1);
	uint16_t a = expect_publish("a", 1, false).id, b = expect_publish("b", 1, false).id;
	/* What does not count comes, the third does not. */
	ck_assert_int_eq(iotkit_subscribe(iot, "s", 0), IOTKIT_OK);
	ck_assert_uint_eq(played_read(&broker).type, PLAYED_SUBSCRIBE);
	answer(PLAYED_PUBACK, a);
	uint16_t c = expect_publish("c", 1, false).id;
	cut();
	welcome(true, 1);
	ck_assert_uint_eq(expect_publish("b", 1, true).id, b);
	ck_assert_uint_eq(played_read(&broker).type, PLAYED_SUBSCRIBE); /* which had no answer */
	answer(PLAYED_PUBACK, b);
	ck_assert_uint_eq(expect_publish("c", 1, true).id, c);
	answer(PLAYED_PUBACK, c);
	answer(PLAYED_PUBACK, expect_publish("d", 1, false).id);
	expect_delivered(4);
}
END_TEST

/* Who subscribes and then publishes is to get the message. */
START_TEST(what_is_published_after_a_subscription_goes_after_it)
{
	start_as(versions[_i]);
	for (unsigned qos = 0; qos <= 2; qos++) {
		ck_assert_int_eq(iotkit_subscribe(iot, "s", 0), IOTKIT_OK);
		expect_published(iot, "s", "a", (int32_t)qos);
		if (qos == 0)
			welcome(false, 0);
		ck_assert_uint_eq(played_read(&broker).type, PLAYED_SUBSCRIBE);
		ck_assert_uint_eq(played_read(&broker).type, PLAYED_PUBLISH);
		ck_assert_int_eq(iotkit_unsubscribe(iot, "s"), IOTKIT_OK);
		expect_published(iot, "s", "b", (int32_t)qos);
		ck_assert_uint_eq(played_read(&broker).type, PLAYED_UNSUBSCRIBE);
		ck_assert_uint_eq(played_read(&broker).type, PLAYED_PUBLISH);
	}
}
END_TEST

/* ---- answers ---- */

START_TEST(answers_that_fit_nothing_change_nothing)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 1);
	expect_published(iot, "t", "b", 2);
	uint16_t a = expect_publish("a", 1, false).id, b = expect_publish("b", 2, false).id;
	answer(PLAYED_PUBREC, a);
	answer(PLAYED_PUBCOMP, a);
	answer(PLAYED_PUBACK, b);
	answer(PLAYED_PUBCOMP, b);
	answer(PLAYED_PUBACK, 0);
	answer(PLAYED_PUBACK, 9);
	answer(PLAYED_PUBCOMP, 9);
	answer(PLAYED_PUBREC, b);
	expect_release(b);
	ck_assert_uint_eq(expect_stats(iot).delivered, 0);
	answer(PLAYED_PUBREC, b);
	answer(PLAYED_PUBACK, a);
	answer(PLAYED_PUBCOMP, b);
	answer(PLAYED_PUBCOMP, b);
	expect_delivered(2);
}
END_TEST

START_TEST(what_nobody_knows_of_is_released)
{
	begin(versions[_i]);
	answer(PLAYED_PUBREC, 7);
	expect_release(7);
	answer(PLAYED_PUBREC, 8);
	expect_release(8);
}
END_TEST

START_TEST(a_refusal_is_told_in_the_brokers_words)
{
	static const char words[] = "\x40\x0b\x00\x00\x87\x07\x1f\x00\x04"
				    "Why?";
	char bytes[sizeof words];

	begin("5");
	memcpy(bytes, words, sizeof words);
	expect_published(iot, "t", "a", 1);
	uint16_t a = expect_publish("a", 1, false).id;
	bytes[2] = (char)(a >> 8);
	bytes[3] = (char)a;
	played_say(&broker, bytes, sizeof bytes - 1);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DROPPED);
	ck_assert_msg(strstr(event->text, "not authorised (code 0x87, 'Why?')") != NULL, "%s",
		      event->text);
	expect_published(iot, "t", "b", 2);
	answer_with_code(PLAYED_PUBREC, expect_publish("b", 2, false).id, 0x99);
	expect_text(iot, IOTKIT_EVENT_DROPPED, "0x99");
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).dropped, 2);
}
END_TEST

START_TEST(what_a_broker_does_not_take_now_comes_later)
{
	static const unsigned char codes[] = {0x97, 0x91};

	begin("5");
	expect_published(iot, "t", "a", 2);
	uint16_t first = expect_publish("a", 2, false).id;
	answer_with_code(PLAYED_PUBREC, first, codes[_i]);
	uint16_t second = expect_publish("a", 2, false).id;
	ck_assert_uint_ne(first, second);
	answer(PLAYED_PUBREC, second);
	expect_release(second);
	answer(PLAYED_PUBCOMP, second);
	expect_delivered(1);
}
END_TEST

START_TEST(an_answer_that_is_not_mqtt_ends_the_connection)
{
	begin(versions[_i]);
	played_say(&broker, "\x40\xff\xff\xff\xff", 5);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_EPROTOCOL);
	ck_assert_ptr_nonnull(strstr(event->text, "answered a message with what is not MQTT"));
	played_cut(&broker);
	welcome(false, 0);
	played_say(&broker, "\x40\x01\x80", 3);
	event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_EPROTOCOL);
	ck_assert_ptr_nonnull(strstr(event->text, "with less than MQTT asks for"));
	played_cut(&broker);
	welcome(false, 0);
}
END_TEST

START_TEST(a_message_that_is_not_mqtt_ends_the_connection)
{
	static const struct {
		const char *packet;
		size_t size;
		const char *says;
	} cases[] = {
		{"\x30\xff\xff\xff\xff", 5,
		 "sent a message with a length of more bytes than MQTT allows"},
		{"\x30\x01\x00", 3, "a message that is too short: it breaks the rules of MQTT"},
		{"\x30\x04\x00\x03t\x00", 6, "that is too short"},
		{"\x30\x04\x00\x01t\x02", 6, "that is too short"},
		{"\x30\x03\x00\x00\x00", 5, "without a topic"},
		{"\x32\x06\x00\x01t\x00\x00\x00", 8, "with the packet id 0"},
		{"\x30\x06\x00\x01t\x02\x7f\x00", 8, "with a property that MQTT does not know"},
	};

	begin("5");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		played_say(&broker, cases[i].packet, cases[i].size);
		const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
		ck_assert_int_eq(event->status, IOTKIT_EPROTOCOL);
		ck_assert_msg(strstr(event->text, cases[i].says) != NULL, "%s", event->text);
		played_cut(&broker);
		welcome(false, 0);
	}
}
END_TEST

/* Its payload is read where it lies, so it must not go before it was sent. */
START_TEST(an_answer_to_a_large_message_counts_once_all_of_it_was_sent)
{
	enum { SIZE = 24 << 20, HEAD = 1 + 4 + 2 + 1 + 2 };
	char *payload = calloc(1, SIZE), *arrived = malloc(SIZE);
	unsigned char head[HEAD];

	begin("3.1.1");
	ck_assert_int_eq(iotkit_publish(iot, "t", payload, SIZE, 1, 0, NULL), IOTKIT_OK);
	expect_published(iot, "t", "behind", 1);
	played_read_bytes(&broker, head, HEAD);
	uint16_t id = (uint16_t)(head[HEAD - 2] << 8 | head[HEAD - 1]);
	answer(PLAYED_PUBACK, id);
	played_read_bytes(&broker, arrived, SIZE);
	ck_assert_int_eq(memcmp(arrived, payload, SIZE), 0);
	uint16_t behind = expect_publish("behind", 1, false).id;
	ck_assert_uint_eq(expect_stats(iot).delivered, 0);
	answer(PLAYED_PUBACK, id);
	answer(PLAYED_PUBACK, behind);
	expect_delivered(2);
	free(payload);
	free(arrived);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exchange");
	TCase *again = tcase_create("again"), *answers = tcase_create("answers");

	tcase_set_timeout(again, 60);
	tcase_add_checked_fixture(again, NULL, stop);
	tcase_add_loop_test(again,
			    what_has_no_answer_goes_again_in_its_order_and_before_what_is_new, 0,
			    VERSIONS);
	tcase_add_loop_test(again, what_was_released_goes_on_being_released, 0, VERSIONS);
	tcase_add_loop_test(again, to_a_broker_that_has_forgotten_all_goes_anew, 0, VERSIONS);
	tcase_add_loop_test(again, a_life_that_knows_nothing_of_the_last_one_has_other_packet_ids,
			    0, VERSIONS);
	tcase_add_test(again, a_broker_takes_as_many_at_once_as_it_says);
	tcase_add_loop_test(again, what_is_published_after_a_subscription_goes_after_it, 0,
			    VERSIONS);
	suite_add_tcase(suite, again);

	tcase_set_timeout(answers, 60);
	tcase_add_checked_fixture(answers, NULL, stop);
	tcase_add_loop_test(answers, answers_that_fit_nothing_change_nothing, 0, VERSIONS);
	tcase_add_loop_test(answers, what_nobody_knows_of_is_released, 0, VERSIONS);
	tcase_add_test(answers, a_refusal_is_told_in_the_brokers_words);
	tcase_add_loop_test(answers, what_a_broker_does_not_take_now_comes_later, 0, 2);
	tcase_add_loop_test(answers, an_answer_that_is_not_mqtt_ends_the_connection, 0, VERSIONS);
	tcase_add_test(answers, a_message_that_is_not_mqtt_ends_the_connection);
	tcase_add_test(answers, an_answer_to_a_large_message_counts_once_all_of_it_was_sent);
	suite_add_tcase(suite, answers);
	return suite_run(suite);
}
