/* SPDX-License-Identifier: MIT */
#include "mqtt/packet.h"

#include <string.h>

#include "base/clock.h"
#include "suite.h"

static struct buffer out;

static void start(void)
{
	buffer_init(&out, 1000);
}

static void stop(void)
{
	buffer_free(&out);
}

static void assert_bytes(const char *bytes, size_t size)
{
	ck_assert_uint_eq(out.size, size);
	ck_assert_mem_eq(out.bytes, bytes, size);
}

#define ASSERT_PACKET(literal) assert_bytes(literal, sizeof(literal) - 1)

static const struct outbox_message message = {
	.topic = "a/b", .payload = "21.5", .size = 4, .qos = 2, .retain = 1};

/* The payload follows. */
START_TEST(a_publish_is_as_the_standards_say)
{
	ck_assert_int_eq(packet_head(&message, 0x1234, false, false, &out), IOTKIT_OK);
	ASSERT_PACKET("\x35\x0b\x00\x03"
		      "a/b\x12\x34");
	buffer_clear(&out);
	ck_assert_int_eq(packet_head(&message, 0x1234, false, true, &out), IOTKIT_OK);
	ASSERT_PACKET("\x35\x0c\x00\x03"
		      "a/b\x12\x34\x00");
}
END_TEST

START_TEST(one_that_is_sent_again_says_so)
{
	ck_assert_int_eq(packet_head(&message, 0x1234, true, false, &out), IOTKIT_OK);
	ASSERT_PACKET("\x3d\x0b\x00\x03"
		      "a/b\x12\x34");
}
END_TEST

START_TEST(a_long_publish_has_a_length_of_several_bytes)
{
	char payload[300] = {0};
	struct outbox_message longer = message;

	longer.payload = payload;
	longer.size = sizeof payload;
	ck_assert_int_eq(packet_head(&longer, 1, false, false, &out), IOTKIT_OK);
	ck_assert_mem_eq(out.bytes, "\x35\xb3\x02", 3); /* 307 */
	ck_assert_uint_eq(out.size, 3 + 307 - sizeof payload);
}
END_TEST

START_TEST(epoch_and_seq_are_user_properties)
{
	struct outbox_message stamped = message;

	stamped.epoch = 42;
	stamped.seq = 7;
	ck_assert_int_eq(packet_head(&stamped, 1, false, true, &out), IOTKIT_OK);
	ASSERT_PACKET("\x35\x21\x00\x03"
		      "a/b\x00\x01\x15"
		      "\x26\x00\x05"
		      "epoch\x00\x02"
		      "42\x26\x00\x03"
		      "seq\x00\x01"
		      "7");
}
END_TEST

START_TEST(what_was_waited_is_taken_off_the_expiry)
{
	struct outbox_message expiring = message;

	ck_assert_uint_eq(packet_expiry_s(&expiring), 0);
	expiring.expires_ms = clock_wall_ms() + 60000;
	ck_assert_uint_le(packet_expiry_s(&expiring), 60);
	ck_assert_uint_ge(packet_expiry_s(&expiring), 30);
	expiring.expires_ms = clock_wall_ms() - 1;
	ck_assert_uint_eq(packet_expiry_s(&expiring), 1); /* 0 would be for ever */
	ck_assert_int_eq(packet_head(&expiring, 1, false, true, &out), IOTKIT_OK);
	ASSERT_PACKET("\x35\x11\x00\x03"
		      "a/b\x00\x01\x05\x02\x00\x00\x00\x01");
}
END_TEST

static void assert_size(const struct outbox_message *sized, bool version_5)
{
	buffer_clear(&out);
	ck_assert_int_eq(packet_head(sized, 1, false, version_5, &out), IOTKIT_OK);
	ck_assert_uint_eq(packet_size(sized, version_5), out.size + sized->size);
}

/* Around the places where numbers get longer. */
START_TEST(the_size_of_a_packet_is_known_before_it_is_made)
{
	static const uint64_t numbers[] = {1, 9, 10, UINT64_MAX};
	static const size_t sizes[] = {0, 80, 128, 16300, 16400, 2097100, 2097200};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (size_t more = 0; more < 64; more++) {
			struct outbox_message sized = {.topic = "a/b",
						       .size = sizes[i] + more,
						       .qos = (int32_t)(more % 3),
						       .epoch = numbers[i % 4],
						       .seq = numbers[more % 4]};
			assert_size(&sized, false);
			assert_size(&sized, true);
			sized.expires_ms = 1;
			assert_size(&sized, true);
			sized.seq = 0;
			assert_size(&sized, true);
		}
	}
}
END_TEST

START_TEST(a_puback_a_pubrel_and_a_placeholder)
{
	ck_assert_int_eq(packet_puback(0xabcd, &out), IOTKIT_OK);
	ASSERT_PACKET("\x40\x02\xab\xcd");
	buffer_clear(&out);
	ck_assert_int_eq(packet_pubrel(0xabcd, &out), IOTKIT_OK);
	ASSERT_PACKET("\x62\x02\xab\xcd");
	buffer_clear(&out);
	ck_assert_int_eq(packet_placeholder(5, true, &out), IOTKIT_OK);
	ASSERT_PACKET("\x34\x06\x00\x01-\x00\x05\x00");
}
END_TEST

static uint64_t digits(const char *text)
{
	return packet_digits(text, strlen(text));
}

START_TEST(a_number_is_digits_and_nothing_else)
{
	ck_assert_uint_eq(digits("1"), 1);
	ck_assert_uint_eq(digits("0042"), 42);
	ck_assert_uint_eq(digits("18446744073709551615"), UINT64_MAX);
	ck_assert_uint_eq(packet_digits("42", 1), 4); /* no more is read */
	ck_assert_uint_eq(packet_digits(NULL, 0), 0);
	ck_assert_uint_eq(digits("0"), 0);
	ck_assert_uint_eq(digits("-1"), 0);
	ck_assert_uint_eq(digits("+1"), 0);
	ck_assert_uint_eq(digits(" 1"), 0);
	ck_assert_uint_eq(digits("1 "), 0);
	ck_assert_uint_eq(digits("0x1"), 0);
	ck_assert_uint_eq(packet_digits("12\0", 3), 0);
	ck_assert_uint_eq(digits("00000000000000000000042"), 42);
	ck_assert_uint_eq(digits("000000000000000000000042"), 0); /* longer than any */
	ck_assert_uint_eq(digits("18446744073709551616"), 0); /* larger than any */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet");
	TCase *packets = tcase_create("packets");

	tcase_add_checked_fixture(packets, start, stop);
	tcase_add_test(packets, a_publish_is_as_the_standards_say);
	tcase_add_test(packets, one_that_is_sent_again_says_so);
	tcase_add_test(packets, a_long_publish_has_a_length_of_several_bytes);
	tcase_add_test(packets, epoch_and_seq_are_user_properties);
	tcase_add_test(packets, what_was_waited_is_taken_off_the_expiry);
	tcase_add_test(packets, the_size_of_a_packet_is_known_before_it_is_made);
	tcase_add_test(packets, a_puback_a_pubrel_and_a_placeholder);
	tcase_add_test(packets, a_number_is_digits_and_nothing_else);
	suite_add_tcase(suite, packets);
	return suite_run(suite);
}
