/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "gated.h"

/* Those of 1, 2, 4 and 5 are to be held, but PUBACK, which is not paho's. */
static const struct {
	const char *bytes;
	size_t size;
	bool held;
} mixed[] = {
	{"\x50\x02\x00\x03", 4, false},
	{"\x32\x0c\x00\x01"
	 "a\x00\x01\x50\x02\x00\x01\x50\x02\x00",
	 14, false},
	{"\x50\x02\x00\x01", 4, true},
	{"\xc0\x00", 2, false},
	{"\x40\x02\x00\x01", 4, false},
	{"\x50\x09\x00\x02\x10\x05\x1f\x00\x02ok", 11, true},
	{"\x62\x02\x00\x01", 4, false},
	{"\x50\x02\x00\x04", 4, true},
	{"\x50\x83\x00\x00\x07\x10", 6, true}, /* a length longer than need be */
	{"\x70\x03\x00\x05\x92", 5, true},
	{"\x30\x03\x00\x01"
	 "b",
	 5, false},
};
static char whole[128], passed_on[128], held[128];
static size_t whole_size, passed_on_size, held_size;

static void start_mixed(void)
{
	start();
	whole_size = passed_on_size = held_size = 0;
	for (size_t i = 0; i < sizeof mixed / sizeof mixed[0]; i++) {
		char *to = mixed[i].held ? held : passed_on;
		size_t *size = mixed[i].held ? &held_size : &passed_on_size;
		memcpy(whole + whole_size, mixed[i].bytes, mixed[i].size);
		whole_size += mixed[i].size;
		memcpy(to + *size, mixed[i].bytes, mixed[i].size);
		*size += mixed[i].size;
	}
}

static void begin_mixed(void)
{
	begin(&keeper);
	untaken[1] = untaken[2] = untaken[4] = untaken[5] = true;
}

static void assert_held_and_given_back(void)
{
	leave_all();
	assert_left(passed_on, passed_on_size);
	take_all();
	admit();
	leave_all();
	ck_assert_uint_eq(out_size, whole_size);
	ck_assert_mem_eq(out + passed_on_size, held, held_size);
}

START_TEST(held_ones_leave_the_stream_wherever_it_is_cut)
{
	for (size_t cut = 1; cut < whole_size; cut++) {
		begin_mixed();
		feed(whole, cut);
		leave_all();
		feed(whole + cut, whole_size - cut);
		assert_held_and_given_back();
	}
}
END_TEST

START_TEST(held_ones_leave_the_stream_byte_by_byte)
{
	begin_mixed();
	for (size_t i = 0; i < whole_size; i++) {
		feed(whole + i, 1);
		if (i % 3 == 0)
			leave_all();
	}
	assert_held_and_given_back();
}
END_TEST

START_TEST(they_go_back_between_packets_wherever_the_stream_is_cut)
{
	for (size_t cut = 1; cut < whole_size; cut++)
		for (int gone = 0; gone < 2; gone++) {
			begin_mixed();
			feed(whole, cut);
			if (gone)
				leave_all();
			take_all();
			admit();
			leave_all();
			feed(whole + cut, whole_size - cut);
			leave_all();
			assert_same_packets(whole, whole_size);
		}
}
END_TEST

START_TEST(the_oldest_goes_first_and_an_untaken_one_stops_those_behind_it)
{
	static const char three[] = "\x50\x02\x00\x01\x50\x02\x00\x02\x50\x02\x00\x03";

	untaken[1] = untaken[2] = untaken[3] = true;
	feed(three, 12);
	untaken[2] = untaken[3] = false;
	times_asked = 0;
	admit();
	ck_assert_uint_eq(times_asked, 1);
	ck_assert_uint_eq(gate.scanned, 0);
	untaken[1] = false;
	untaken[3] = true;
	admit();
	leave_all();
	assert_left(three, 8);
	untaken[3] = false;
	admit();
	leave_all();
	assert_left(three, 12);
}
END_TEST

START_TEST(the_keeper_is_asked_once_a_pump_about_the_oldest)
{
	untaken[1] = true;
	feed("\x50\x02\x00\x01", 4);
	times_asked = 0;
	gate_ask_again(&gate);
	for (int round = 0; round < 8; round++)
		ck_assert_int_eq(gate_admit(&gate, &channel), IOTKIT_OK);
	ck_assert_uint_eq(times_asked, 1);
	ck_assert(!gate_is_due(&gate, &channel));
}
END_TEST

START_TEST(none_overtakes_an_older_one_of_its_type)
{
	untaken[1] = true;
	feed("\x50\x02\x00\x01\x50\x02\x00\x02", 8);
	leave_all();
	assert_left("", 0);
	untaken[1] = false;
	feed("\x50\x02\x00\x03", 4);
	leave_all();
	feed("\x50\x02\x00\x04\xc0\x00", 6);
	leave_all();
	assert_left("\x50\x02\x00\x01\x50\x02\x00\x02\x50\x02\x00\x03\x50\x02\x00\x04\xc0\x00", 18);
}
END_TEST

START_TEST(a_pubcomp_that_is_held_does_not_delay_the_pubrec_of_the_next_message)
{
	untaken[1] = true;
	feed("\x70\x02\x00\x01\x50\x02\x00\x02", 8);
	leave_all();
	assert_left("\x50\x02\x00\x02", 4);
}
END_TEST

START_TEST(they_wait_for_the_end_of_a_large_publish)
{
	enum { BODY = 300000, STEP = 50000 };
	char *publish = malloc(BODY + 5);
	size_t size = make_publish(publish, BODY);

	untaken[1] = true;
	feed("\x50\x02\x00\x01", 4);
	for (size_t at = 0; at < size; at += STEP) {
		feed(publish + at, size - at < STEP ? size - at : STEP);
		leave_all();
		untaken[1] = false;
	}
	ck_assert_uint_eq(out_size, size + 4);
	ck_assert_mem_eq(out, publish, size);
	ck_assert_mem_eq(out + size, "\x50\x02\x00\x01", 4);
	free(publish);
}
END_TEST

/* Or they would wait for ever in a stream that is read in the middle of packets. */
START_TEST(they_go_back_in_front_of_a_packet_that_has_just_begun)
{
	untaken[1] = true;
	feed("\x50\x02\x00\x01", 4);
	feed("\x30\x03\x00", 3);
	leave_all();
	untaken[1] = false;
	feed("\x01"
	     "a\x30\x03\x00",
	     5);
	leave_all();
	feed("\x01"
	     "b",
	     2);
	leave_all();
	assert_left("\x30\x03\x00\x01"
		    "a\x50\x02\x00\x01\x30\x03\x00\x01"
		    "b",
		    14);
}
END_TEST

START_TEST(nothing_follows_disconnect)
{
	untaken[1] = untaken[2] = true;
	feed("\x50\x02\x00\x01\x50\x02\x00\x02", 8);
	untaken[1] = false;
	feed("\xe0\x00", 2);
	leave_all();
	untaken[2] = false;
	admit();
	leave_all();
	assert_left("\x50\x02\x00\x01\xe0\x00", 6);
	ck_assert(!gate_is_due(&gate, &channel));
}
END_TEST

START_TEST(those_of_up_to_64_bytes_are_held_and_longer_ones_are_not)
{
	char longest[RECEIPT_SIZE_MAX] = {0x50, RECEIPT_SIZE_MAX - 2, 0, 1};
	char longer[RECEIPT_SIZE_MAX + 1] = {0x50, RECEIPT_SIZE_MAX - 1, 0, 1};

	untaken[1] = true;
	feed(longest, sizeof longest);
	ck_assert_uint_eq(gate.receipts.count, 1);
	feed(longer, sizeof longer);
	ck_assert_uint_eq(gate.receipts.count, 1);
	leave_all();
	assert_left(longer, sizeof longer);
}
END_TEST

START_TEST(what_breaks_the_rules_of_mqtt_is_passed_on)
{
	static const char *const wrong[] = {"\x50\x01\x07\x50\x02\x00\x03",
					    "\x50\xff\xff\xff\xff\x50\x02\x00\x01\x50",
					    "\x30\xff\xff\xff\xff\x50\x02\x00\x01\x50"};
	static const size_t sizes[] = {7, 10, 10};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		begin(&keeper);
		untaken[1] = untaken[0x0740] = true;
		feed(wrong[i], sizes[i]);
		leave_all();
		assert_left(wrong[i], sizes[i]);
	}
}
END_TEST

/* More than the broker may have under way; then the stream waits. */
START_TEST(the_stream_waits_behind_one_more_than_can_be_kept)
{
	static char flood[(RECEIPTS_MAX + 1) * 4 + 2];

	memset(untaken, true, sizeof untaken);
	for (size_t i = 0; i < sizeof flood - 2; i += 4)
		memcpy(flood + i, (char[]){0x50, 0x02, (char)(i >> 10), (char)(i >> 2)}, 4);
	memcpy(flood + sizeof flood - 2, "\xc0\x00", 2);
	for (size_t at = 0; at < sizeof flood; at += 32000) {
		feed(flood + at, sizeof flood - at < 32000 ? sizeof flood - at : 32000);
		leave_all();
	}
	ck_assert_uint_eq(gate.receipts.count, RECEIPTS_MAX);
	ck_assert_uint_eq(out_size, 0);
	take_all();
	do {
		admit();
		leave_all();
	} while (gate_is_due(&gate, &channel));
	assert_same_packets(flood, sizeof flood);
}
END_TEST

START_TEST(those_without_room_go_back_as_soon_as_there_is_some)
{
	enum { COUNT = 2 * CHANNEL_SPARE / 4, MORE = 1000 };
	static char stream[COUNT * 4 + CHANNEL_SIZE + MORE];
	size_t size = 0;

	for (; size < COUNT * 4; size += 4)
		memcpy(stream + size, (char[]){0x50, 0x02, 0x00, 0x01}, 4);
	untaken[1] = true;
	feed(stream, size);
	size += make_publish(stream + size, CHANNEL_SIZE - 4);
	feed(stream + COUNT * 4, CHANNEL_SIZE);
	untaken[1] = false;
	admit();
	ck_assert(!gate_is_due(&gate, &channel));
	ck_assert_uint_gt(gate.receipts.count, 0);
	leave(2 * CHANNEL_SPARE);
	ck_assert(gate_is_due(&gate, &channel));
	for (size_t i = 0; i < MORE; i += 2)
		memcpy(stream + size + i, "\xc0\x00", 2);
	feed(stream + size, MORE);
	size += MORE;
	ck_assert(!gate_is_due(&gate, &channel));
	leave_all();
	ck_assert_uint_eq(gate.receipts.count, 0);
	assert_same_packets(stream, size);
}
END_TEST

/* Some are always kept, and none stays for long. */
START_TEST(the_memory_of_those_put_back_is_used_again)
{
	enum { COUNT = 1000, TURNS = 2 * RECEIPTS_MAX / COUNT + 10 };
	static char batch[COUNT * RECEIPT_SIZE_MAX];

	for (size_t turn = 0; turn < TURNS; turn++) {
		size_t id = turn % 2;
		memset(untaken, 0, sizeof untaken);
		untaken[id] = true;
		for (size_t at = 0; at < sizeof batch; at += RECEIPT_SIZE_MAX)
			memcpy(batch + at, (char[]){0x50, RECEIPT_SIZE_MAX - 2, (char)0, (char)id},
			       4);
		feed(batch, sizeof batch);
		leave_all();
		ck_assert_uint_eq(gate.receipts.count, COUNT);
		ck_assert_uint_eq(out_size, turn > 0 ? sizeof batch : 0);
		out_size = 0;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("receipts");
	TCase *receipts = tcase_create("receipts"), *mix = tcase_create("mixed");

	tcase_add_checked_fixture(mix, start_mixed, stop);
	tcase_add_test(mix, held_ones_leave_the_stream_wherever_it_is_cut);
	tcase_add_test(mix, held_ones_leave_the_stream_byte_by_byte);
	tcase_add_test(mix, they_go_back_between_packets_wherever_the_stream_is_cut);
	suite_add_tcase(suite, mix);

	tcase_add_checked_fixture(receipts, start, stop);
	tcase_add_test(receipts, the_oldest_goes_first_and_an_untaken_one_stops_those_behind_it);
	tcase_add_test(receipts, the_keeper_is_asked_once_a_pump_about_the_oldest);
	tcase_add_test(receipts, none_overtakes_an_older_one_of_its_type);
	tcase_add_test(receipts,
		       a_pubcomp_that_is_held_does_not_delay_the_pubrec_of_the_next_message);
	tcase_add_test(receipts, they_wait_for_the_end_of_a_large_publish);
	tcase_add_test(receipts, they_go_back_in_front_of_a_packet_that_has_just_begun);
	tcase_add_test(receipts, nothing_follows_disconnect);
	tcase_add_test(receipts, those_of_up_to_64_bytes_are_held_and_longer_ones_are_not);
	tcase_add_test(receipts, what_breaks_the_rules_of_mqtt_is_passed_on);
	tcase_add_test(receipts, the_stream_waits_behind_one_more_than_can_be_kept);
	tcase_add_test(receipts, those_without_room_go_back_as_soon_as_there_is_some);
	tcase_add_test(receipts, the_memory_of_those_put_back_is_used_again);
	suite_add_tcase(suite, receipts);

	return suite_run(suite);
}
