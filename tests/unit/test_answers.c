/* SPDX-License-Identifier: MIT */
#include "link/answers.h"

#include <string.h>

#include "packet/facts.h"
#include "suite.h"

enum { TOLD_MAX = 10, STREAM_MAX = 8192 };

static struct {
	unsigned type, code;
	uint16_t packet_id;
	char words[16];
} told[TOLD_MAX];
static size_t told_count;
static char left[STREAM_MAX];
static size_t left_size;
static struct answers answers;

static void tell(void *context, const struct link_answer *answer)
{
	ck_assert_ptr_eq(context, told);
	ck_assert_uint_lt(told_count, TOLD_MAX);
	ck_assert_uint_lt(answer->words.size, sizeof told[0].words);
	told[told_count].type = answer->type;
	told[told_count].code = answer->code;
	told[told_count].packet_id = answer->packet_id;
	memset(told[told_count].words, 0, sizeof told[0].words);
	if (answer->words.size > 0)
		memcpy(told[told_count].words, answer->words.at, answer->words.size);
	told_count++;
}

static void begin(void)
{
	told_count = left_size = 0;
	answers = (struct answers){.sink = {.context = told, .answered = tell}};
}

static iotkit_status scan(const char *bytes, size_t size)
{
	char piece[STREAM_MAX];
	size_t rest = size;

	memcpy(piece, bytes, size);
	iotkit_status status = answers_scan(&answers, piece, &rest);
	ck_assert_uint_le(rest, size);
	memcpy(left + left_size, piece, rest);
	left_size += rest;
	return status;
}

/* PUBACK without and with a code, a PUBLISH with what looks like answers in it, PUBREC, a
 * PINGRESP, PUBCOMP with a reason string behind a user property, SUBACK, PUBACK with a long
 * length, UNSUBACK, PUBACK with a property that it cannot have. */
static const char stream[] = "\x40\x02\x00\x01"
			     "\x40\x03\x00\x02\x10"
			     "\x30\x09\x00\x01t\x50\x03\x00\x03\x97!"
			     "\x50\x03\x12\x34\x97"
			     "\xd0\x00"
			     "\x70\x0f\x00\x05\x92\x0b\x26\x00\x01k\x00\x01v\x1f\x00\x01x"
			     "\x90\x03\x00\x07\x01"
			     "\x40\x83\x00\x00\x06\x80"
			     "\xb0\x02\x00\x08"
			     "\x40\x06\x00\x09\x80\x02\x21\x00";
static const char for_paho[] = "\x30\x09\x00\x01t\x50\x03\x00\x03\x97!"
			       "\xd0\x00"
			       "\x90\x03\x00\x07\x01"
			       "\xb0\x02\x00\x08";

static void assert_told(void)
{
	static const struct {
		unsigned type, code;
		uint16_t packet_id;
		const char *words;
	} expected[] = {{PACKET_PUBACK, 0, 1, ""},         {PACKET_PUBACK, 0x10, 2, ""},
			{PACKET_PUBREC, 0x97, 0x1234, ""}, {PACKET_PUBCOMP, 0x92, 5, "x"},
			{PACKET_SUBACK, 0, 7, ""},         {PACKET_PUBACK, 0x80, 6, ""},
			{PACKET_UNSUBACK, 0, 8, ""},       {PACKET_PUBACK, 0x80, 9, ""}};

	ck_assert_uint_eq(told_count, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < told_count; i++) {
		ck_assert_uint_eq(told[i].type, expected[i].type);
		ck_assert_uint_eq(told[i].code, expected[i].code);
		ck_assert_uint_eq(told[i].packet_id, expected[i].packet_id);
		ck_assert_str_eq(told[i].words, expected[i].words);
	}
	ck_assert_uint_eq(left_size, sizeof for_paho - 1);
	ck_assert_mem_eq(left, for_paho, left_size);
}

START_TEST(answers_are_told_and_taken_out_wherever_the_stream_is_split)
{
	for (size_t at = 0; at < sizeof stream; at++) {
		begin();
		ck_assert_int_eq(scan(stream, at), IOTKIT_OK);
		ck_assert_int_eq(scan(stream + at, sizeof stream - 1 - at), IOTKIT_OK);
		assert_told();
	}
}
END_TEST

START_TEST(answers_are_told_and_taken_out_byte_by_byte)
{
	begin();
	for (size_t i = 0; i < sizeof stream - 1; i++)
		ck_assert_int_eq(scan(stream + i, 1), IOTKIT_OK);
	assert_told();
}
END_TEST

START_TEST(of_a_long_answer_the_beginning_is_told)
{
	char packet[3 + 4000] = "\x40\xa0\x1f\x00\x01\x80\x9b\x1f\x1f\x0f\x98";

	begin();
	ck_assert_int_eq(scan(packet, sizeof packet), IOTKIT_OK);
	ck_assert_int_eq(scan("\xd0\x00", 2), IOTKIT_OK);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_uint_eq(told[0].code, 0x80);
	ck_assert_str_eq(told[0].words, "");
	ck_assert_uint_eq(left_size, 2);
}
END_TEST

START_TEST(an_answer_against_the_rules_is_an_error)
{
	begin();
	ck_assert_int_eq(scan("\xd0\x00\x40\xff\xff\xff\xff\x01\x40\x02\x00\x06", 12),
			 IOTKIT_EPROTOCOL);
	ck_assert_uint_eq(left_size, 2);
	begin();
	ck_assert_int_eq(scan("\x40\x01\x00", 3), IOTKIT_EPROTOCOL);
	begin();
	ck_assert_int_eq(scan("\x70\x00", 2), IOTKIT_EPROTOCOL);
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

/* paho knows what to do. */
START_TEST(what_else_is_against_the_rules_is_left)
{
	begin();
	ck_assert_int_eq(scan("\x90\x01\x00\x30\xff\xff\xff\xff\x01\x40\x02\x00\x06", 13),
			 IOTKIT_OK);
	ck_assert_uint_eq(left_size, 13);
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	begin();
	answers.sink.answered = NULL;
	ck_assert_int_eq(scan(stream, sizeof stream - 1), IOTKIT_OK);
	ck_assert_uint_eq(left_size, sizeof stream - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("answers");
	TCase *scans = tcase_create("scans");

	tcase_add_test(scans, answers_are_told_and_taken_out_wherever_the_stream_is_split);
	tcase_add_test(scans, answers_are_told_and_taken_out_byte_by_byte);
	tcase_add_test(scans, of_a_long_answer_the_beginning_is_told);
	tcase_add_test(scans, an_answer_against_the_rules_is_an_error);
	tcase_add_test(scans, what_else_is_against_the_rules_is_left);
	tcase_add_test(scans, nobody_needs_to_listen);
	suite_add_tcase(suite, scans);
	return suite_run(suite);
}
