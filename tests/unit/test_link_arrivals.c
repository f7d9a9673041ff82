/* SPDX-License-Identifier: MIT
 *
 * The broker's messages that the link takes past the client.
 */
#include <stdlib.h>

#include "base/error.h"
#include "linked.h"

enum { MESSAGE_SIZE = 9, MESSAGES = 400000 };

static const char connack[] = {0x20, 0x03, 0x00, 0x00, 0x00};

static bool may;
static size_t times_asked;
static size_t arrived_count;
static char arrived[64]; /* the last ones */
static size_t arrived_size;

static bool may_arrive(void *context)
{
	times_asked++;
	return context == &may && may;
}

static uint32_t number_of(const char *message)
{
	uint32_t number;

	memcpy(&number, message + MESSAGE_SIZE - sizeof number, sizeof number);
	return number;
}

/* Numbered ones, of which there may be many, come in their order. */
static iotkit_status arrive(void *context, char *packet, size_t size)
{
	if (context != &may || !may)
		ck_abort_msg("a message arrived that may not");
	if (size == 2)
		return error_set(IOTKIT_EPROTOCOL, "the broker sent a message that is too short");
	if (size == MESSAGE_SIZE && number_of(packet) != arrived_count)
		ck_abort_msg("%u arrived in place of %zu", number_of(packet), arrived_count);
	arrived_count++;
	arrived_size = size < sizeof arrived ? size : 0;
	memcpy(arrived, packet, arrived_size);
	return IOTKIT_OK;
}

/* Past the nudges, which would go on until paho speaks. */
static void start(void)
{
	static const struct link_gate keeper = {
		.context = &may, .may_arrive = may_arrive, .arrived = arrive};

	may = true;
	times_asked = arrived_count = arrived_size = 0;
	start_link(&keeper, NULL);
	expect_bytes(client, "\xd0\x00", 2);
	ck_assert_int_eq(send(client, "\xc0\x00", 2, 0), 2);
	expect_bytes(broker, "\xc0\x00", 2);
	ck_assert_int_eq(send(broker, connack, sizeof connack, 0), sizeof connack);
	expect_bytes(client, connack, sizeof connack);
}

static void broker_says(const void *bytes, size_t size)
{
	ck_assert_int_eq(send(broker, bytes, size, 0), (ssize_t)size);
	pump_until_quiet();
}

static void assert_arrived(const void *bytes, size_t size)
{
	ck_assert_uint_eq(arrived_count, 1);
	ck_assert_uint_eq(arrived_size, size);
	ck_assert_mem_eq(arrived, bytes, size);
}

static void assert_client_hears_nothing(void)
{
	ck_assert_int_eq(recv(client, &(char){0}, 1, MSG_DONTWAIT), -1);
}

/* Nothing wakes the session for the client's sake. */
static void assert_waits(void)
{
	struct pollfd fds[LINK_FDS];

	ck_assert_uint_eq(link_poll(the_link, fds), LINK_FDS);
	ck_assert_int_eq(fds[0].events, POLLIN);
	ck_assert(link_due(the_link) == CLOCK_NEVER);
}

static enum link_state pump_until_the_end(void)
{
	struct pollfd fds[LINK_FDS];
	enum link_state state;

	while ((state = link_pump(the_link)) == LINK_OPEN) {
		bool is_due = link_due(the_link) == 0;
		int ready = poll(fds, link_poll(the_link, fds), is_due ? 0 : WAIT_MS);
		ck_assert(is_due || ready > 0);
	}
	return state;
}

START_TEST(a_message_arrives_and_the_client_hears_the_rest)
{
	static const char mixed[] = "\xd0\x00\x30\x05\x00\x01tab\x34\x06\x00\x01t\x00\x07x\x90\x03";

	ck_assert_int_eq(send(broker, mixed, sizeof mixed - 1, 0), sizeof mixed - 1);
	expect_bytes(client, "\xd0\x00\x34\x06\x00\x01t\x00\x07x\x90\x03", 12);
	assert_arrived("\x30\x05\x00\x01tab", 7);
	/* In the midst of a packet of the client's, what looks like a message is none. */
	ck_assert_int_eq(send(broker, "\x30\x00\x01", 3, 0), 3);
	expect_bytes(client, "\x30\x00\x01", 3);
	ck_assert_uint_eq(arrived_count, 1);
}
END_TEST

START_TEST(a_message_in_pieces_arrives_when_it_is_whole)
{
	broker_says("\x32", 1);
	assert_waits();
	broker_says("\x06\x00\x01t\x00", 5);
	assert_waits();
	ck_assert_uint_eq(arrived_count, 0);
	broker_says("\x01x", 2);
	assert_arrived("\x32\x06\x00\x01t\x00\x01x", 8);
	assert_waits();
	assert_client_hears_nothing();
}
END_TEST

START_TEST(a_message_waits_without_haste_until_it_may_arrive)
{
	may = false;
	broker_says("\x32\x06\x00\x01t\x00\x01x\xd0\x00", 10);
	assert_waits();
	size_t before = times_asked;
	ck_assert_int_eq(link_pump(the_link), LINK_OPEN);
	ck_assert_uint_le(times_asked, before + 2);
	assert_client_hears_nothing();
	may = true;
	ck_assert(link_due(the_link) == 0);
	expect_bytes(client, "\xd0\x00", 2);
	assert_arrived("\x32\x06\x00\x01t\x00\x01x", 8);
	assert_waits();
}
END_TEST

START_TEST(half_a_message_is_not_due)
{
	may = false;
	broker_says("\x32\x06\x00\x01t", 5);
	may = true;
	assert_waits();
	may = false;
	broker_says("\x00\x01x", 3);
	assert_waits();
	may = true;
	ck_assert(link_due(the_link) == 0);
}
END_TEST

static size_t make_messages(char *to, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memcpy(to + i * MESSAGE_SIZE, "\x30\x07\x00\x01t", 5);
		memcpy(to + (i + 1) * MESSAGE_SIZE - sizeof(uint32_t), &(uint32_t){(uint32_t)i},
		       sizeof(uint32_t));
	}
	return count * MESSAGE_SIZE;
}

START_TEST(a_full_link_reads_no_more_and_all_arrive_once_they_may)
{
	struct pollfd fds[LINK_FDS];
	char *bytes = malloc((size_t)MESSAGES * MESSAGE_SIZE);
	size_t size = make_messages(bytes, MESSAGES);

	may = false;
	size_t sent = stuff(broker, bytes, size);
	ck_assert_uint_eq(link_poll(the_link, fds), LINK_FDS);
	ck_assert_int_eq(fds[1].fd, -1);
	assert_waits();
	may = true;
	while (sent < size)
		sent += stuff(broker, bytes + sent, size - sent);
	pump_until_quiet();
	ck_assert_uint_eq(arrived_count, MESSAGES);
	free(bytes);
}
END_TEST

START_TEST(a_message_larger_than_the_link_arrives)
{
	enum { SIZE = 1000000 };
	char *bytes = calloc(1, SIZE);

	memcpy(bytes, "\x30\xbc\x84\x3d", 4);
	for (size_t sent = 0; sent < SIZE;)
		sent += stuff(broker, bytes + sent, SIZE - sent);
	pump_until_quiet();
	ck_assert_uint_eq(arrived_count, 1);
	ck_assert_uint_eq(arrived_size, 0); /* too large to be kept here */
	assert_client_hears_nothing();
	free(bytes);
}
END_TEST

/* It waits for the answer to a ping, which may be far behind. */
START_TEST(the_client_hears_that_the_broker_lives_when_messages_come)
{
	say("\xc0\x00", 2);
	ck_assert_int_eq(send(broker, "\x30\x03\x00\x01t", 5, 0), 5);
	expect_bytes(client, "\xd0\x00", 2);
	broker_says("\x30\x03\x00\x01t", 5);
	assert_client_hears_nothing(); /* it has not asked anew */
	ck_assert_uint_eq(arrived_count, 2);
}
END_TEST

/* Over a slow line it comes for longer than a ping is waited for, whose answer is behind it. */
START_TEST(the_client_hears_that_the_broker_lives_while_a_message_comes)
{
	broker_says("\x32\x06\x00", 3);
	say("\xc0\x00", 2);
	expect_bytes(broker, "\xc0\x00", 2);
	assert_client_hears_nothing();
	ck_assert_int_eq(send(broker, "\x01t\x00", 3, 0), 3);
	expect_bytes(client, "\xd0\x00", 2);
	ck_assert_uint_eq(arrived_count, 0);
	broker_says("\x01x", 2);
	assert_arrived("\x32\x06\x00\x01t\x00\x01x", 8);
	assert_client_hears_nothing();
}
END_TEST

START_TEST(a_broker_that_leaves_within_a_message_is_gone)
{
	broker_says("\x30\x03\x00\x01t\x32\x06\x00\x01t", 10);
	shutdown(broker, SHUT_WR);
	ck_assert_int_eq(pump_until_the_end(), LINK_BROKER_GONE);
	assert_arrived("\x30\x03\x00\x01t", 5);
	assert_client_hears_nothing();
}
END_TEST

START_TEST(a_broker_that_leaves_within_a_message_is_gone_though_none_may_arrive)
{
	may = false;
	broker_says("\x32\x06\x00\x01t", 5);
	shutdown(broker, SHUT_WR);
	ck_assert_int_eq(pump_until_the_end(), LINK_BROKER_GONE);
}
END_TEST

START_TEST(a_broker_that_leaves_within_a_large_message_is_gone)
{
	char bytes[70000] = {0x30, (char)0xbc, (char)0x84, 0x3d};

	ck_assert_uint_eq(stuff(broker, bytes, sizeof bytes), sizeof bytes);
	shutdown(broker, SHUT_WR);
	ck_assert_int_eq(pump_until_the_end(), LINK_BROKER_GONE);
	ck_assert_uint_eq(arrived_count, 0);
}
END_TEST

START_TEST(what_a_broker_that_left_has_said_arrives_first)
{
	may = false;
	broker_says("\x30\x03\x00\x01t\xd0", 6);
	shutdown(broker, SHUT_WR);
	pump_until_quiet();
	assert_waits();
	may = true;
	ck_assert(link_due(the_link) == 0);
	ck_assert_int_eq(pump_until_the_end(), LINK_BROKER_GONE);
	assert_arrived("\x30\x03\x00\x01t", 5);
	ck_assert_int_eq(recv(client, &(char){0}, 1, 0), 1);
}
END_TEST

static void expect_failure(const char *said)
{
	ck_assert_int_eq(pump_until_the_end(), LINK_FAILED);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), said));
	ck_assert_int_eq(recv(client, &(char[4]){0}, 4, MSG_DONTWAIT), 2);
	ck_assert_uint_eq(arrived_count, 0);
}

START_TEST(a_message_that_is_refused_fails_the_link)
{
	ck_assert_int_eq(send(broker, "\xd0\x00\x30\x00\x30\x03\x00\x01t\xd0\x00", 11, 0), 11);
	expect_failure("too short");
}
END_TEST

START_TEST(a_message_of_no_length_that_mqtt_knows_fails_the_link)
{
	ck_assert_int_eq(send(broker, "\xd0\x00\x30\xff\xff\xff\xff\x01\xd0\x00", 10, 0), 10);
	expect_failure("a length of more bytes than MQTT allows");
}
END_TEST

START_TEST(with_the_connection_goes_what_has_not_arrived)
{
	char bytes[70000] = {0x30, (char)0xbc, (char)0x84, 0x3d};

	ck_assert_uint_eq(stuff(broker, bytes, sizeof bytes), sizeof bytes);
	may = false;
	broker_says(bytes, 1000);
	link_hang_up(the_link);
	may = true;
	ck_assert(link_due(the_link) == CLOCK_NEVER);
	ck_assert_uint_eq(arrived_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link_arrivals");
	TCase *arrivals = tcase_create("arrivals");

	tcase_set_timeout(arrivals, 60);
	tcase_add_checked_fixture(arrivals, start, stop);
	tcase_add_test(arrivals, a_message_arrives_and_the_client_hears_the_rest);
	tcase_add_test(arrivals, a_message_in_pieces_arrives_when_it_is_whole);
	tcase_add_test(arrivals, a_message_waits_without_haste_until_it_may_arrive);
	tcase_add_test(arrivals, half_a_message_is_not_due);
	tcase_add_test(arrivals, a_full_link_reads_no_more_and_all_arrive_once_they_may);
	tcase_add_test(arrivals, a_message_larger_than_the_link_arrives);
	tcase_add_test(arrivals, the_client_hears_that_the_broker_lives_when_messages_come);
	tcase_add_test(arrivals, the_client_hears_that_the_broker_lives_while_a_message_comes);
	tcase_add_test(arrivals, a_broker_that_leaves_within_a_message_is_gone);
	tcase_add_test(arrivals,
		       a_broker_that_leaves_within_a_message_is_gone_though_none_may_arrive);
	tcase_add_test(arrivals, a_broker_that_leaves_within_a_large_message_is_gone);
	tcase_add_test(arrivals, what_a_broker_that_left_has_said_arrives_first);
	tcase_add_test(arrivals, a_message_that_is_refused_fails_the_link);
	tcase_add_test(arrivals, a_message_of_no_length_that_mqtt_knows_fails_the_link);
	tcase_add_test(arrivals, with_the_connection_goes_what_has_not_arrived);
	suite_add_tcase(suite, arrivals);
	return suite_run(suite);
}
