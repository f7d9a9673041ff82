/* SPDX-License-Identifier: MIT
 *
 * How messages and their answers are exchanged, with a broker that the test plays itself.
 * Sources: MQTT 5.0 sections 3.3 to 3.7, 4.3, 4.4, 4.6 and 4.9; MQTT 3.1.1 likewise.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "expect.h"
#include "suite.h"

enum {
	VERSIONS = 2,
	CONNECT = 1,
	PUBLISH = 3,
	PUBACK = 4,
	PUBREC = 5,
	PUBREL = 6,
	PUBCOMP = 7,
	SUBSCRIBE = 8,
	PAYLOAD_MAX = 32,
	RECEIVE_MAXIMUM = 0x21
};

static const char *const versions[] = {"3.1.1", "5"};

static iotkit *iot;
static bool version_5;
static int listener = -1;
static int peer = -1;

/* What the client said. */
struct packet {
	unsigned type;
	bool dup;
	unsigned qos;
	uint16_t id;
	char payload[PAYLOAD_MAX];
};

/* ---- the broker ---- */

static void read_bytes(void *to, size_t size)
{
	ck_assert_int_eq(recv(peer, to, size, MSG_WAITALL), (ssize_t)size);
}

static size_t read_length(void)
{
	size_t length = 0;
	unsigned char byte;

	for (unsigned shift = 0; shift <= 21; shift += 7) {
		read_bytes(&byte, 1);
		length |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return length;
	}
	ck_abort_msg("the client sent a length that is none");
	return 0;
}

static uint16_t number_at(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void read_publish(struct packet *packet, const unsigned char *body, size_t size)
{
	size_t at = 2 + (size_t)number_at(body);

	packet->id = number_at(body + at);
	at += 2;
	if (version_5)
		at += 1 + (size_t)body[at];
	ck_assert_uint_lt(size - at, PAYLOAD_MAX);
	memcpy(packet->payload, body + at, size - at);
}

static struct packet read_packet(void)
{
	unsigned char first, body[512];
	struct packet packet = {0};

	read_bytes(&first, 1);
	size_t size = read_length();
	ck_assert_uint_le(size, sizeof body);
	read_bytes(body, size);
	packet.type = first >> 4;
	packet.dup = (first & 0x08) != 0;
	packet.qos = first >> 1 & 3;
	if (packet.type == PUBLISH)
		read_publish(&packet, body, size);
	else if (size >= 2)
		packet.id = number_at(body);
	return packet;
}

static void say(const void *bytes, size_t size)
{
	ck_assert_int_eq(send(peer, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void answer(unsigned type, uint16_t id)
{
	const unsigned char bytes[] = {(unsigned char)(type << 4), 2, (unsigned char)(id >> 8),
				       (unsigned char)id};

	say(bytes, sizeof bytes);
}

static void answer_with_code(unsigned type, uint16_t id, unsigned char code)
{
	const unsigned char bytes[] = {(unsigned char)(type << 4), 3, (unsigned char)(id >> 8),
				       (unsigned char)id, code};

	say(bytes, sizeof bytes);
}

/* The client comes; it may have a session here. receive_maximum: 0: not told. */
static void welcome(bool present, unsigned char receive_maximum)
{
	const unsigned char old[] = {0x20, 2, present, 0};
	const unsigned char plain[] = {0x20, 3, present, 0, 0};
	const unsigned char limited[] = {0x20,           6, present, 0, 3, RECEIVE_MAXIMUM, 0,
					 receive_maximum};
	const struct timeval patience = {.tv_sec = EXPECT_MS / 1000};

	peer = accept(listener, NULL, NULL);
	ck_assert_int_ge(peer, 0);
	setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ck_assert_uint_eq(read_packet().type, CONNECT);
	if (!version_5)
		say(old, sizeof old);
	else if (receive_maximum == 0)
		say(plain, sizeof plain);
	else
		say(limited, sizeof limited);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
}

static void cut(void)
{
	close(peer);
	peer = -1;
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
}

/* ---- the client ---- */

static void start_as(const char *version)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof here;
	const char *options[] = {"mqtt.version", version, "mqtt.client_id", "exchanger", NULL};
	char uri[64];

	version_5 = strcmp(version, "5") == 0;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&here, size), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&here, &size), 0);
	snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%u", (unsigned)ntohs(here.sin_port));
	iot = expect_open(uri, options);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
}

static void begin(const char *version)
{
	start_as(version);
	welcome(false, 0);
}

static void stop(void)
{
	if (peer >= 0)
		close(peer);
	iotkit_close(iot);
	close(listener);
	iot = NULL;
	peer = listener = -1;
}

static struct packet expect_publish(const char *payload, unsigned qos, bool dup)
{
	struct packet packet = read_packet();

	ck_assert_uint_eq(packet.type, PUBLISH);
	ck_assert_str_eq(packet.payload, payload);
	ck_assert_uint_eq(packet.qos, qos);
	ck_assert(packet.dup == dup);
	ck_assert_uint_ne(packet.id, 0);
	return packet;
}

static void expect_release(uint16_t id)
{
	struct packet packet = read_packet();

	ck_assert_uint_eq(packet.type, PUBREL);
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
	answer(PUBREC, b);
	expect_release(b);
	cut();
	expect_published(iot, "t", "new", 1);
	welcome(true, 0);
	ck_assert_uint_eq(expect_publish("a", 1, true).id, a);
	expect_release(b);
	ck_assert_uint_eq(expect_publish("c", 2, true).id, c);
	ck_assert_uint_eq(expect_publish("d", 1, true).id, d);
	uint16_t fresh = expect_publish("new", 1, false).id;
	answer(PUBACK, d);
	answer(PUBACK, a);
	answer(PUBREC, c);
	expect_release(c);
	answer(PUBCOMP, c);
	answer(PUBCOMP, b);
	answer(PUBACK, fresh);
	expect_delivered(5);
}
END_TEST

START_TEST(what_was_released_goes_on_being_released)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 2);
	uint16_t a = expect_publish("a", 2, false).id;
	answer(PUBREC, a);
	for (int times = 0; times < 3; times++) {
		expect_release(a);
		cut();
		welcome(true, 0);
	}
	expect_release(a);
	if (version_5)
		answer_with_code(PUBCOMP, a, 0x92); /* not found: it had it */
	else
		answer(PUBCOMP, a);
	expect_delivered(1);
}
END_TEST

START_TEST(to_a_broker_that_has_forgotten_all_goes_anew)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 1);
	expect_published(iot, "t", "b", 2);
	expect_publish("a", 1, false);
	answer(PUBREC, expect_publish("b", 2, false).id);
	cut();
	welcome(false, 0);
	answer(PUBACK, expect_publish("a", 1, false).id);
	uint16_t b = expect_publish("b", 2, false).id;
	answer(PUBREC, b);
	expect_release(b);
	answer(PUBCOMP, b);
	expect_delivered(2);
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
	ck_assert_uint_eq(read_packet().type, SUBSCRIBE);
	answer(PUBACK, a);
	uint16_t c = expect_publish("c", 1, false).id;
	cut();
	welcome(true, 1);
	ck_assert_uint_eq(expect_publish("b", 1, true).id, b);
	ck_assert_uint_eq(read_packet().type, SUBSCRIBE); /* which had no answer */
	answer(PUBACK, b);
	ck_assert_uint_eq(expect_publish("c", 1, true).id, c);
	answer(PUBACK, c);
	answer(PUBACK, expect_publish("d", 1, false).id);
	expect_delivered(4);
}
END_TEST

/* ---- answers ---- */

START_TEST(answers_that_fit_nothing_change_nothing)
{
	begin(versions[_i]);
	expect_published(iot, "t", "a", 1);
	expect_published(iot, "t", "b", 2);
	uint16_t a = expect_publish("a", 1, false).id, b = expect_publish("b", 2, false).id;
	answer(PUBREC, a);
	answer(PUBCOMP, a);
	answer(PUBACK, b);
	answer(PUBCOMP, b);
	answer(PUBACK, 0);
	answer(PUBACK, 9);
	answer(PUBCOMP, 9);
	answer(PUBREC, b);
	expect_release(b);
	ck_assert_uint_eq(expect_stats(iot).delivered, 0);
	answer(PUBREC, b);
	answer(PUBACK, a);
	answer(PUBCOMP, b);
	answer(PUBCOMP, b);
	expect_delivered(2);
}
END_TEST

START_TEST(what_nobody_knows_of_is_released)
{
	begin(versions[_i]);
	answer(PUBREC, 7);
	expect_release(7);
	answer(PUBREC, 8);
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
	say(bytes, sizeof bytes - 1);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DROPPED);
	ck_assert_msg(strstr(event->text, "not authorised (code 0x87, 'Why?')") != NULL, "%s",
		      event->text);
	expect_published(iot, "t", "b", 2);
	answer_with_code(PUBREC, expect_publish("b", 2, false).id, 0x99);
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
	answer_with_code(PUBREC, first, codes[_i]);
	uint16_t second = expect_publish("a", 2, false).id;
	ck_assert_uint_ne(first, second);
	answer(PUBREC, second);
	expect_release(second);
	answer(PUBCOMP, second);
	expect_delivered(1);
}
END_TEST

START_TEST(an_answer_that_is_not_mqtt_ends_the_connection)
{
	begin(versions[_i]);
	say("\x40\xff\xff\xff\xff", 5);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	ck_assert_int_eq(event->status, IOTKIT_EPROTOCOL);
	ck_assert_ptr_nonnull(strstr(event->text, "not MQTT"));
	close(peer);
	welcome(false, 0);
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
	read_bytes(head, HEAD);
	uint16_t id = number_at(head + HEAD - 2);
	answer(PUBACK, id);
	read_bytes(arrived, SIZE);
	ck_assert_int_eq(memcmp(arrived, payload, SIZE), 0);
	uint16_t behind = expect_publish("behind", 1, false).id;
	ck_assert_uint_eq(expect_stats(iot).delivered, 0);
	answer(PUBACK, id);
	answer(PUBACK, behind);
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
	tcase_add_test(again, a_broker_takes_as_many_at_once_as_it_says);
	suite_add_tcase(suite, again);

	tcase_set_timeout(answers, 60);
	tcase_add_checked_fixture(answers, NULL, stop);
	tcase_add_loop_test(answers, answers_that_fit_nothing_change_nothing, 0, VERSIONS);
	tcase_add_loop_test(answers, what_nobody_knows_of_is_released, 0, VERSIONS);
	tcase_add_test(answers, a_refusal_is_told_in_the_brokers_words);
	tcase_add_loop_test(answers, what_a_broker_does_not_take_now_comes_later, 0, 2);
	tcase_add_loop_test(answers, an_answer_that_is_not_mqtt_ends_the_connection, 0, VERSIONS);
	tcase_add_test(answers, an_answer_to_a_large_message_counts_once_all_of_it_was_sent);
	suite_add_tcase(suite, answers);
	return suite_run(suite);
}
