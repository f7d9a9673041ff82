/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "packet/stream.h"
#include "suite.h"

enum { TOLD_MAX = 16 };

static struct told {
	size_t kept;
	uint64_t passed;
	unsigned char first;
	unsigned sum; /* of what was kept */
} told[TOLD_MAX];
static size_t told_count;
static struct packet_stream stream;

static void on_packet(void *context, const char *bytes, size_t kept, uint64_t passed)
{
	struct told *one = &told[told_count++ % TOLD_MAX];

	ck_assert_ptr_eq(context, told);
	ck_assert_uint_gt(kept, 0);
	*one = (struct told){.kept = kept, .passed = passed, .first = (unsigned char)bytes[0]};
	for (size_t i = 0; i < kept; i++)
		one->sum = one->sum * 31 + (unsigned char)bytes[i];
}

static void start(void)
{
	const struct packet_stream_sink sink = {.context = told, .packet = on_packet};

	told_count = 0;
	packet_stream_begin(&stream, &sink);
}

static void stop(void)
{
	packet_stream_end(&stream);
}

static void pass(const char *bytes, size_t size)
{
	packet_stream_pass(&stream, bytes, size);
}

static void assert_told(size_t i, unsigned char first, size_t kept, uint64_t passed)
{
	ck_assert_uint_lt(i, told_count);
	ck_assert_uint_eq(told[i].first, first);
	ck_assert_uint_eq(told[i].kept, kept);
	ck_assert_uint_eq(told[i].passed, passed);
}

START_TEST(packets_are_the_same_however_they_come)
{
	static const char bytes[] = "\x20\2\0\0\xd0\0\x40\2\0\7\x30\x0a\0\3a/bhello\xe0\0";
	enum { SIZE = sizeof bytes - 1, PACKETS = 5 };
	struct told whole[PACKETS];

	pass(bytes, SIZE);
	ck_assert_uint_eq(told_count, PACKETS);
	memcpy(whole, told, sizeof whole);
	assert_told(3, 0x30, 12, 12);
	for (size_t piece = 1; piece < SIZE; piece++) {
		told_count = 0;
		for (size_t at = 0; at < SIZE; at += piece)
			pass(bytes + at, SIZE - at < piece ? SIZE - at : piece);
		ck_assert_uint_eq(told_count, PACKETS);
		for (size_t i = 0; i < PACKETS; i++) {
			assert_told(i, whole[i].first, whole[i].kept, whole[i].passed);
			ck_assert_uint_eq(told[i].sum, whole[i].sum);
		}
	}
}
END_TEST

START_TEST(of_a_large_packet_only_the_beginning_is_kept)
{
	enum { BODY = 268435455, PIECE = 65536 };
	static char piece[PIECE];
	static const char head[] = "\x30\xff\xff\xff\x7f";

	pass(head, 5);
	for (size_t left = BODY; left > 0;) {
		size_t size = left < PIECE ? left : PIECE;
		ck_assert_uint_eq(told_count, 0);
		pass(piece, size);
		left -= size;
		ck_assert_uint_le(stream.kept.capacity, PACKET_STREAM_KEPT_MAX);
	}
	ck_assert_uint_eq(told_count, 1);
	assert_told(0, 0x30, PACKET_STREAM_KEPT_MAX, (uint64_t)BODY + 5);
	pass("\xd0\0", 2);
	assert_told(1, 0xd0, 2, 2);
}
END_TEST

static void limit_memory(size_t limit)
{
	buffer_free(&stream.kept);
	stream.kept.limit = limit;
}

/* Its fields would be taken for others. */
START_TEST(nothing_is_kept_behind_what_there_was_no_memory_for)
{
	limit_memory(8);
	pass("\x30\x0a\0\3", 4);
	pass("a/bhel", 6);
	pass("lo", 2);
	assert_told(0, 0x30, 4, 12);
	limit_memory(1);
	pass("\x40\2", 2);
	pass("\0", 1);
	pass("\7", 1);
	ck_assert_uint_eq(told_count, 1);
	pass("\xd0\0", 2);
	assert_told(1, 0xd0, 2, 2);
}
END_TEST

START_TEST(what_is_not_whole_is_told_at_the_end)
{
	pass("\x30\x0a\0\3a", 5);
	ck_assert_uint_eq(told_count, 0);
	packet_stream_end(&stream);
	assert_told(0, 0x30, 5, 5);
	start();
	pass("\xd0\0", 2);
	packet_stream_end(&stream);
	ck_assert_uint_eq(told_count, 1);
}
END_TEST

START_TEST(nothing_is_told_behind_a_length_that_breaks_the_rules)
{
	pass("\xd0\0\x30\xff\xff\xff\xff\x7f\xd0\0", 10);
	pass("\xd0\0", 2);
	packet_stream_end(&stream);
	ck_assert_uint_eq(told_count, 2);
	assert_told(1, 0x30, 5, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet_stream");
	TCase *tests = tcase_create("packet_stream");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, packets_are_the_same_however_they_come);
	tcase_add_test(tests, of_a_large_packet_only_the_beginning_is_kept);
	tcase_add_test(tests, nothing_is_kept_behind_what_there_was_no_memory_for);
	tcase_add_test(tests, what_is_not_whole_is_told_at_the_end);
	tcase_add_test(tests, nothing_is_told_behind_a_length_that_breaks_the_rules);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
