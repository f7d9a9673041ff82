/* SPDX-License-Identifier: MIT */
#include "link/arrivals.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { TOLD_MAX = 16, STREAM_MAX = 4 * CHANNEL_SIZE };

static struct {
	size_t size;
	size_t behind; /* so many bytes of paho's */
} told[TOLD_MAX];
static size_t told_count;
static char taken[STREAM_MAX], left[STREAM_MAX];
static size_t taken_size, left_size;
static size_t may; /* so many may arrive */
static iotkit_status verdict; /* on what arrives */
static struct arrivals arrivals;
static struct channel channel;
static struct framing given;

static bool may_arrive(void *context)
{
	ck_assert_ptr_eq(context, told);
	return may > 0;
}

/* Writes into the packet, as it may. */
static iotkit_status arrive(void *context, char *packet, size_t size)
{
	ck_assert_ptr_eq(context, told);
	ck_assert_uint_gt(may, 0);
	ck_assert_uint_lt(told_count, TOLD_MAX);
	ck_assert_uint_le(taken_size + size, sizeof taken);
	may--;
	told[told_count].size = size;
	told[told_count++].behind = left_size;
	memcpy(taken + taken_size, packet, size);
	taken_size += size;
	memset(packet, 0x30, size);
	return verdict;
}

static void begin(void)
{
	static const struct arrivals_sink sink = {
		.context = told, .may_arrive = may_arrive, .arrived = arrive};

	arrivals_end(&arrivals);
	arrivals_begin(&arrivals, &sink);
	told_count = taken_size = left_size = 0;
	may = TOLD_MAX;
	verdict = IOTKIT_OK;
	channel_clear(&channel);
	given = (struct framing){0};
}

static void stop(void)
{
	arrivals_end(&arrivals);
}

static void come(const void *bytes, size_t size)
{
	size_t waiting = channel.end - channel.begin;

	ck_assert_uint_le(waiting + size, CHANNEL_SIZE);
	channel_insert(&channel, waiting, bytes, size);
}

static size_t take(void)
{
	size_t moved = 0, before = channel.end - channel.begin;

	ck_assert_int_eq(arrivals_take(&arrivals, &given, &channel, &moved), IOTKIT_OK);
	ck_assert_uint_eq(moved, before - (channel.end - channel.begin));
	return moved;
}

/* To paho, what is its. */
static size_t give(void)
{
	size_t size = arrivals_for_paho(&arrivals, &given, &channel);

	ck_assert_uint_le(size, channel.end - channel.begin);
	ck_assert_uint_le(left_size + size, sizeof left);
	memcpy(left + left_size, channel.bytes + channel.begin, size);
	framing_pass(&given, channel.bytes + channel.begin, size);
	left_size += size;
	channel.begin += size;
	return size;
}

/* As the link does; then nothing is to be done. */
static void pump(void)
{
	do
		take();
	while (give() > 0);
	ck_assert(!arrivals_are_due(&arrivals, &given, &channel));
}

static void feed(const void *bytes, size_t size)
{
	come(bytes, size);
	pump();
}

/* Not more at once than the channel holds. */
static void feed_in_pieces(const char *bytes, size_t size, size_t piece)
{
	for (size_t at = 0, step; at < size; at += step) {
		size_t room = CHANNEL_SIZE - (channel.end - channel.begin);
		step = piece < room ? piece : room;
		step = step < size - at ? step : size - at;
		ck_assert_uint_gt(step, 0);
		feed(bytes + at, step);
	}
}

static void assert_taken(const char *bytes, size_t size)
{
	ck_assert_uint_eq(taken_size, size);
	ck_assert_mem_eq(taken, bytes, size);
}

static void assert_left(const char *bytes, size_t size)
{
	ck_assert_uint_eq(left_size, size);
	ck_assert_mem_eq(left, bytes, size);
}

/* PINGRESP, messages of which one has no payload, one with QoS 2 that has what looks like others in
 * it, SUBACK likewise, one that comes again, one with a length longer than need be, QoS 3, PUBREL.
 */
static const struct {
	const char *bytes;
	size_t size;
	bool is_ours;
} mixed[] = {
	{"\xd0\x00", 2, false},
	{"\x30\x06\x00\x01txyz", 8, true},
	{"\x32\x05\x00\x01t\x00\x07", 7, true},
	{"\x34\x0a\x00\x01t\x00\x08\x30\x03\x00\x01t", 12, false},
	{"\x90\x04\x00\x07\x30\x00", 6, false},
	{"\x3b\x05\x00\x01t\x00\x09", 7, true},
	{"\x30\x83\x00\x00\x01u", 6, true},
	{"\x36\x05\x00\x01t\x00\x0a", 7, false},
	{"\x62\x02\x00\x08", 4, false},
	{"\x31\x03\x00\x01v", 5, true},
};
enum { MIXED = sizeof mixed / sizeof mixed[0] };
static char whole[128];
static size_t whole_size;

static void start_mixed(void)
{
	whole_size = 0;
	for (size_t i = 0; i < MIXED; i++) {
		memcpy(whole + whole_size, mixed[i].bytes, mixed[i].size);
		whole_size += mixed[i].size;
	}
}

/* Each once, whole, and in its place. */
static void assert_mixed(void)
{
	size_t ours = 0, ours_size = 0, others_size = 0;

	for (size_t i = 0; i < MIXED; i++) {
		size_t size = mixed[i].size;
		size_t *total = mixed[i].is_ours ? &ours_size : &others_size;
		const char *where = mixed[i].is_ours ? taken : left;
		ck_assert_mem_eq(where + *total, mixed[i].bytes, size);
		*total += size;
		if (!mixed[i].is_ours)
			continue;
		ck_assert_uint_eq(told[ours].size, size);
		ck_assert_uint_eq(told[ours++].behind, others_size);
	}
	ck_assert_uint_eq(told_count, ours);
	ck_assert_uint_eq(taken_size, ours_size);
	ck_assert_uint_eq(left_size, others_size);
	ck_assert(channel_is_empty(&channel));
}

START_TEST(messages_are_taken_wherever_the_stream_is_split)
{
	for (size_t at = 0; at <= whole_size; at++) {
		begin();
		feed(whole, at);
		feed(whole + at, whole_size - at);
		assert_mixed();
	}
}
END_TEST

START_TEST(messages_are_taken_byte_by_byte)
{
	feed_in_pieces(whole, whole_size, 1);
	assert_mixed();
}
END_TEST

START_TEST(one_without_a_body_is_taken_too)
{
	feed("\x30\x00\xd0\x00", 4);
	assert_taken("\x30\x00", 2);
	assert_left("\xd0\x00", 2);
}
END_TEST

/* ---- large ones ---- */

/* So large in all, and its payload looks like small ones. */
static size_t make_message(char *to, size_t size)
{
	static const char small[] = {0x30, 0x03, 0x00, 0x01, 't'};
	size_t rest = size - 4;

	ck_assert(rest >= 16384 && rest < 2097152); /* a length of three bytes */
	memcpy(to,
	       (char[]){0x30, (char)(rest | 0x80), (char)(rest >> 7 | 0x80), (char)(rest >> 14)},
	       4);
	for (size_t i = 4; i < size; i++)
		to[i] = small[i % sizeof small];
	return size;
}

static char large[STREAM_MAX];

START_TEST(one_as_large_as_the_channel_stays_in_there)
{
	make_message(large, CHANNEL_SIZE);
	feed(large, CHANNEL_SIZE - 1);
	ck_assert_uint_eq(told_count, 0);
	ck_assert_uint_eq(arrivals.large.size, 0);
	feed(large + CHANNEL_SIZE - 1, 1);
	ck_assert_uint_eq(told_count, 1);
	assert_taken(large, CHANNEL_SIZE);
	ck_assert_uint_eq(arrivals.large.capacity, 0);
}
END_TEST

/* A PINGRESP, the large one, a small one and another PINGRESP; the head of it byte by byte. */
static void assert_large_comes_whole(size_t size, size_t piece)
{
	size_t end = 2;

	begin();
	memcpy(large, "\xd0\x00", 2);
	end += make_message(large + end, size);
	memcpy(large + end, "\x31\x03\x00\x01v\xd0\x00", 7);
	feed_in_pieces(large, 10, 1);
	feed_in_pieces(large + 10, end + 7 - 10, piece);
	ck_assert_uint_eq(told_count, 2);
	ck_assert_uint_eq(told[0].size, size);
	ck_assert_uint_eq(told[0].behind, 2);
	assert_taken(large + 2, size + 5);
	assert_left("\xd0\x00\xd0\x00", 4);
	ck_assert_ptr_null(arrivals.large.bytes);
	ck_assert_uint_eq(arrivals.large.size, 0);
}

START_TEST(one_larger_than_the_channel_arrives_whole_and_leaves_no_memory)
{
	static const size_t pieces[] = {99, 1000, CHANNEL_SIZE - 1, CHANNEL_SIZE};

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		assert_large_comes_whole(CHANNEL_SIZE + 1, pieces[i]);
		assert_large_comes_whole(3 * CHANNEL_SIZE + 5, pieces[i]);
	}
}
END_TEST

START_TEST(of_a_large_one_nothing_moves_while_it_may_not_arrive)
{
	make_message(large, 2 * CHANNEL_SIZE);
	feed(large, 30000);
	may = 0;
	feed(large + 30000, CHANNEL_SIZE);
	ck_assert_uint_eq(channel.end - channel.begin, CHANNEL_SIZE);
	ck_assert_uint_eq(give(), 0); /* whatever it looks like */
	may = 1;
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
	pump();
	ck_assert_uint_eq(told_count, 0);
	feed(large + 30000 + CHANNEL_SIZE, CHANNEL_SIZE - 30000);
	assert_taken(large, 2 * CHANNEL_SIZE);
}
END_TEST

/* ---- when they may ---- */

START_TEST(what_may_not_arrive_stays_and_all_behind_it)
{
	static const char three[] = "\xd0\x00\x30\x03\x00\x01t\x32\x05\x00\x01t\x00\x01\xd0\x00";

	may = 0;
	feed(three, sizeof three - 1);
	assert_left(three, 2);
	ck_assert_uint_eq(take(), 0);
	ck_assert_uint_eq(give(), 0);
	may = 1;
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
	pump();
	assert_taken(three + 2, 5);
	ck_assert_uint_eq(left_size, 2);
	may = 1;
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
	pump();
	assert_taken(three + 2, 12);
	assert_left("\xd0\x00\xd0\x00", 4);
}
END_TEST

START_TEST(nothing_is_due_before_a_message_is_whole_and_next)
{
	come("\x30\x03\x00\x01", 4);
	ck_assert(!arrivals_are_due(&arrivals, &given, &channel));
	come("t", 1);
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
	begin();
	come("\xd0\x00\x30\x03\x00\x01t", 7);
	ck_assert(!arrivals_are_due(&arrivals, &given, &channel));
	ck_assert_uint_eq(give(), 2);
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
}
END_TEST

/* It may be sent to paho in pieces. */
START_TEST(within_a_packet_of_pahos_nothing_is_taken)
{
	static const char body[] = "\x30\x03\x00\x01t\x30\x00";

	framing_pass(&given, "\x90\x05", 2);
	come(body, 7);
	ck_assert_uint_eq(take(), 0);
	ck_assert(!arrivals_are_due(&arrivals, &given, &channel));
	pump();
	assert_left(body, 5);
	assert_taken(body + 5, 2);
	begin();
	framing_pass(&given, "\x90", 1); /* now it looks like a length */
	feed("\x30", 1);
	assert_left("\x30", 1);
	begin();
	framing_pass(&given, "\x90\xff\xff\xff\xff", 5); /* not MQTT, and paho will say so */
	feed(body, 7);
	assert_left(body, 7);
}
END_TEST

START_TEST(without_anybody_to_tell_all_is_pahos)
{
	arrivals.sink = (struct arrivals_sink){0};
	feed(whole, whole_size);
	assert_left(whole, whole_size);
	feed("\x30\xff\xff\xff\xff\xff", 6);
	ck_assert_uint_eq(left_size, whole_size + 6);
}
END_TEST

/* ---- the end ---- */

START_TEST(of_one_that_is_cut_by_the_end_nothing_is_left)
{
	static const char message[] = "\x32\x06\x00\x01t\x00\x01x";

	for (size_t cut = 1; cut < sizeof message - 1; cut++)
		for (size_t allowed = 0; allowed < 2; allowed++) {
			begin();
			may = allowed;
			come("\xd0\x00", 2);
			come(message, cut);
			channel.ended = true;
			pump();
			ck_assert(channel_is_empty(&channel));
			ck_assert_uint_eq(told_count, 0);
			assert_left("\xd0\x00", 2);
		}
}
END_TEST

START_TEST(of_a_large_one_that_is_cut_by_the_end_nothing_is_left)
{
	make_message(large, 2 * CHANNEL_SIZE);
	feed(large, CHANNEL_SIZE);
	come(large + CHANNEL_SIZE, 100);
	channel.ended = true;
	pump();
	ck_assert(channel_is_empty(&channel));
	ck_assert_uint_eq(told_count, 0);
	ck_assert_uint_eq(left_size, 0);
	arrivals_end(&arrivals);
	ck_assert_ptr_null(arrivals.large.bytes);
}
END_TEST

START_TEST(what_was_whole_before_the_end_arrives_when_it_may)
{
	may = 0;
	come("\x30\x03\x00\x01t\x30\x03\x00\x01", 9);
	channel.ended = true;
	pump();
	ck_assert(!channel_is_empty(&channel));
	may = 1;
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
	pump();
	assert_taken("\x30\x03\x00\x01t", 5);
	ck_assert(channel_is_empty(&channel));
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(a_length_of_more_bytes_than_mqtt_allows_is_an_error)
{
	size_t moved = 0;

	feed("\xd0\x00\x32\x03\x00\x01t\x30\xff\xff\xff", 11);
	ck_assert_uint_eq(told_count, 1);
	come("\xff\xff", 2);
	ck_assert(arrivals_are_due(&arrivals, &given, &channel));
	ck_assert_int_eq(arrivals_take(&arrivals, &given, &channel, &moved), IOTKIT_EPROTOCOL);
	ck_assert_uint_eq(told_count, 1);
}
END_TEST

START_TEST(behind_one_that_is_refused_nothing_is_taken)
{
	size_t moved = 0;

	verdict = IOTKIT_EPROTOCOL;
	come("\x30\x00\x30\x03\x00\x01t", 7);
	ck_assert_int_eq(arrivals_take(&arrivals, &given, &channel, &moved), IOTKIT_EPROTOCOL);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_uint_eq(moved, 2);
}
END_TEST

START_TEST(a_large_one_that_is_refused_leaves_no_memory)
{
	size_t moved = 0;

	make_message(large, CHANNEL_SIZE + 1);
	feed(large, CHANNEL_SIZE);
	verdict = IOTKIT_EPROTOCOL;
	come(large + CHANNEL_SIZE, 1);
	ck_assert_int_eq(arrivals_take(&arrivals, &given, &channel, &moved), IOTKIT_EPROTOCOL);
	ck_assert_ptr_null(arrivals.large.bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arrivals");
	TCase *mix = tcase_create("mixed"), *others = tcase_create("others");

	tcase_add_checked_fixture(mix, begin, stop);
	tcase_add_checked_fixture(mix, start_mixed, NULL);
	tcase_add_test(mix, messages_are_taken_wherever_the_stream_is_split);
	tcase_add_test(mix, messages_are_taken_byte_by_byte);
	tcase_add_test(mix, without_anybody_to_tell_all_is_pahos);
	suite_add_tcase(suite, mix);

	tcase_set_timeout(others, 60);
	tcase_add_checked_fixture(others, begin, stop);
	tcase_add_test(others, one_without_a_body_is_taken_too);
	tcase_add_test(others, one_as_large_as_the_channel_stays_in_there);
	tcase_add_test(others, one_larger_than_the_channel_arrives_whole_and_leaves_no_memory);
	tcase_add_test(others, of_a_large_one_nothing_moves_while_it_may_not_arrive);
	tcase_add_test(others, what_may_not_arrive_stays_and_all_behind_it);
	tcase_add_test(others, nothing_is_due_before_a_message_is_whole_and_next);
	tcase_add_test(others, within_a_packet_of_pahos_nothing_is_taken);
	tcase_add_test(others, of_one_that_is_cut_by_the_end_nothing_is_left);
	tcase_add_test(others, of_a_large_one_that_is_cut_by_the_end_nothing_is_left);
	tcase_add_test(others, what_was_whole_before_the_end_arrives_when_it_may);
	tcase_add_test(others, a_length_of_more_bytes_than_mqtt_allows_is_an_error);
	tcase_add_test(others, behind_one_that_is_refused_nothing_is_taken);
	tcase_add_test(others, a_large_one_that_is_refused_leaves_no_memory);
	suite_add_tcase(suite, others);
	return suite_run(suite);
}
