/* SPDX-License-Identifier: MIT
 *
 * What a broker, which the test plays, takes and how much of it at once, and that one which takes
 * nothing more is left. Sources: MQTT 5.0 sections 3.2.2.3 and 4.9.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "played.h"
#include "suite.h"

enum {
	VERSIONS = 2,
	MAXIMUM_PACKET = 100,
	BESIDE_TOPIC = 1 + 1 + 2 + 2 + 1 + 1, /* in a packet with a byte of payload */
	OFTEN_MS = 200,
	ENOUGH = 50,
	MEGABYTE = 1 << 20,
	MEGABYTES = 16 /* more than the system takes for a broker that reads nothing */
};

static const char *const versions[] = {"3.1.1", "5"};

static iotkit *iot;
static struct played broker;

static void start(void)
{
	broker = (struct played){.peer = -1};
	iot = NULL;
}

static void stop(void)
{
	iotkit_close(iot);
	played_stop(&broker);
}

static void begin(const char *version, const char *option, const char *value)
{
	const char *options[] = {"mqtt.version", version, option, value, NULL};

	broker.version_5 = strcmp(version, "5") == 0;
	played_start(&broker);
	iot = expect_open(broker.uri, options);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
}

static void welcome(bool present, unsigned char receive_maximum)
{
	played_welcome(&broker, present, receive_maximum);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
}

static struct played_packet expect_packet(unsigned type, const char *payload)
{
	struct played_packet packet = played_read(&broker);

	ck_assert_uint_eq(packet.type, type);
	ck_assert_str_eq(packet.payload, payload);
	return packet;
}

/* A message counts until PUBCOMP, also one whose PUBREL waits to be sent. */
START_TEST(what_was_released_counts_until_it_is_complete)
{
	begin("5", NULL, NULL);
	welcome(false, 0);
	expect_published(iot, "t", "a", 2);
	expect_published(iot, "t", "b", 2);
	uint16_t a = expect_packet(PLAYED_PUBLISH, "a").id;
	uint16_t b = expect_packet(PLAYED_PUBLISH, "b").id;
	played_cut(&broker);
	expect_event(iot, IOTKIT_EVENT_DISCONNECTED);
	welcome(true, 1);
	ck_assert_uint_eq(expect_packet(PLAYED_PUBLISH, "a").id, a);
	played_answer(&broker, PLAYED_PUBREC, a);
	ck_assert_uint_eq(expect_packet(PLAYED_PUBREL, "").id, a);
	played_answer(&broker, PLAYED_PUBCOMP, a);
	ck_assert_uint_eq(expect_packet(PLAYED_PUBLISH, "b").id, b);
	played_answer(&broker, PLAYED_PUBREC, b);
	ck_assert_uint_eq(expect_packet(PLAYED_PUBREL, "").id, b);
	played_answer(&broker, PLAYED_PUBCOMP, b);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
}
END_TEST

/* One that does not say so would hang up at each of them, again and again. */
START_TEST(what_makes_a_packet_too_large_may_be_its_properties)
{
	static const char connack[] = {0x20, 8, 0, 0, 5, 0x27, 0, 0, 0, MAXIMUM_PACKET};
	char topic[MAXIMUM_PACKET - BESIDE_TOPIC + 1];

	begin("5", "publish.id", "on");
	played_welcome_with(&broker, connack, sizeof connack);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
	memset(topic, 't', sizeof topic - 1);
	topic[sizeof topic - 1] = '\0';
	expect_published(iot, topic, "a", 1);
	expect_published(iot, "t", "b", 1);
	expect_text(iot, IOTKIT_EVENT_DROPPED, "larger than the broker takes");
	played_answer(&broker, PLAYED_PUBACK, expect_packet(PLAYED_PUBLISH, "b").id);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
}
END_TEST

/* The kernel takes no more, so that not even a ping goes. */
START_TEST(a_broker_that_stops_reading_is_left)
{
	static char payload[MEGABYTE];

	begin(versions[_i], "mqtt.keepalive_s", "1");
	welcome(false, 0);
	for (int i = 0; i < MEGABYTES; i++)
		ck_assert_int_eq(iotkit_publish(iot, "t", payload, sizeof payload, 1, 0, NULL),
				 IOTKIT_OK);
	expect_text(iot, IOTKIT_EVENT_DISCONNECTED, "did not answer pings");
}
END_TEST

/* Messages come more often than it would ping, and are not taken, so that nothing is said of them.
 */
START_TEST(a_broker_hears_of_a_client_that_takes_nothing)
{
	struct pollfd said = {.events = POLLIN};
	unsigned char publish[] = {0x32, 6, 0, 1, 't', 0, 0, 0};
	int sent = 0;

	begin("5", "mqtt.keepalive_s", "1");
	welcome(false, 0);
	said.fd = broker.peer;
	do {
		ck_assert_int_lt(++sent, ENOUGH);
		publish[6] = (unsigned char)sent;
		played_say(&broker, publish, sizeof publish);
	} while (poll(&said, 1, OFTEN_MS) == 0);
	expect_packet(PLAYED_PINGREQ, "");
}
END_TEST

static void read_away(size_t size)
{
	static char bytes[MEGABYTE];

	for (size_t n; size > 0; size -= n) {
		n = size < sizeof bytes ? size : sizeof bytes;
		played_read_bytes(&broker, bytes, n);
	}
}

/* Behind a payload that the broker does not read yet a topic waits that leaves no room for the
 * acknowledgement; and when both have gone nothing else happens. */
START_TEST(what_was_taken_while_there_was_no_room_is_acknowledged_once_there_is)
{
	enum { PAYLOAD = MEGABYTES * MEGABYTE, TOPIC = 65535, BESIDE = 1 + 4 + 2 };
	static const unsigned char publish[] = {0x32, 6, 0, 1, 't', 0, 7, 'm'};
	char *payload = calloc(1, PAYLOAD), topic[TOPIC + 1];

	memset(topic, 't', TOPIC);
	topic[TOPIC] = '\0';
	begin("3.1.1", NULL, NULL);
	welcome(false, 0);
	ck_assert_int_eq(iotkit_publish(iot, "t", payload, PAYLOAD, 0, 0, NULL), IOTKIT_OK);
	expect_published(iot, topic, "", 0);
	ck_assert_str_eq(expect_event(iot, IOTKIT_EVENT_DELIVERED)->topic, topic);
	played_say(&broker, publish, sizeof publish);
	expect_message(iot, "t", "m");
	read_away(BESIDE + 1 + PAYLOAD + BESIDE - 1 + TOPIC);
	ck_assert_uint_eq(expect_packet(PLAYED_PUBACK, "").id, 7);
	free(payload);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limits");
	TCase *limits = tcase_create("limits");

	tcase_set_timeout(limits, 60);
	tcase_add_checked_fixture(limits, start, stop);
	tcase_add_test(limits, what_was_released_counts_until_it_is_complete);
	tcase_add_test(limits, what_makes_a_packet_too_large_may_be_its_properties);
	tcase_add_test(limits, a_broker_hears_of_a_client_that_takes_nothing);
	tcase_add_test(limits,
		       what_was_taken_while_there_was_no_room_is_acknowledged_once_there_is);
	tcase_add_loop_test(limits, a_broker_that_stops_reading_is_left, 0, VERSIONS);
	suite_add_tcase(suite, limits);
	return suite_run(suite);
}
