/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "mqtt/reason.h"
#include "suite.h"

/* MQTT 5.0 table 2-6, 0x80 and above; MQTT 3.1.1 table 3.1. */
static const int codes_5[] = {0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
			      0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91,
			      0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
			      0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2};

enum { CODES_5 = sizeof codes_5 / sizeof codes_5[0] };

START_TEST(every_code_of_version_5_has_words_of_its_own)
{
	for (size_t a = 0; a < CODES_5; a++) {
		const struct broker_answer *answer = reason_of_code_5(codes_5[a]);
		ck_assert_msg(answer->code == codes_5[a], "0x%02x has no words", codes_5[a]);
		ck_assert_uint_gt(strlen(reason_words(codes_5[a])), 3);
		ck_assert_int_lt(answer->status, 0);
		for (size_t b = 0; b < a; b++)
			ck_assert_str_ne(reason_words(codes_5[a]), reason_words(codes_5[b]));
	}
}
END_TEST

START_TEST(every_refusal_of_version_3_has_words_of_its_own)
{
	for (int a = 1; a <= 5; a++) {
		ck_assert_int_eq(reason_of_connack_3(a)->code, a);
		for (int b = 1; b < a; b++)
			ck_assert_str_ne(reason_words(a), reason_words(b));
	}
}
END_TEST

START_TEST(what_trying_again_cannot_mend_is_lasting)
{
	static const int lasting[] = {0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x8e};
	static const int passing[] = {0x80, 0x83, 0x88, 0x89, 0x8b, 0x8d, 0x97, 0x9c, 0x9f, 0xa0};

	for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
		ck_assert_msg(reason_of_connack_5(lasting[i])->lasting, "0x%02x", lasting[i]);
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		ck_assert_msg(!reason_of_connack_5(passing[i])->lasting, "0x%02x", passing[i]);
	for (int code = 1; code <= 5; code++)
		ck_assert_int_eq(reason_of_connack_3(code)->lasting, code != 3);
}
END_TEST

START_TEST(a_wrong_login_is_one_in_both_versions)
{
	ck_assert_int_eq(reason_of_connack_3(4)->status, IOTKIT_EAUTH);
	ck_assert_int_eq(reason_of_connack_3(5)->status, IOTKIT_EAUTH);
	ck_assert_int_eq(reason_of_connack_5(0x86)->status, IOTKIT_EAUTH);
	ck_assert_int_eq(reason_of_connack_5(0x87)->status, IOTKIT_EAUTH);
	ck_assert_str_eq(reason_of_connack_5(0x87)->mend, reason_of_connack_3(5)->mend);
	ck_assert_str_ne(reason_of_connack_5(0x87)->mend, reason_of_code_5(0x87)->mend);
}
END_TEST

START_TEST(an_old_brokers_answer_to_version_5_is_understood)
{
	ck_assert_int_eq(reason_of_connack_5(1)->status, IOTKIT_EPROTOCOL);
	ck_assert(reason_of_connack_5(1)->lasting);
}
END_TEST

START_TEST(codes_outside_the_standard_are_not_lasting)
{
	static const int strange[] = {0, -1, 6, 0x7f, 0xa3, 0xff, 100000};

	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		ck_assert_int_eq(reason_of_code_5(strange[i])->code, -1);
		ck_assert(!reason_of_code_5(strange[i])->lasting);
		ck_assert_int_eq(reason_of_connack_3(strange[i])->code, -1);
	}
}
END_TEST

START_TEST(a_description_has_the_code_the_brokers_words_and_the_mend)
{
	char text[ANSWER_TEXT_SIZE];
	char endless[1000];

	reason_describe(reason_of_code_5(0x8a), 0x8a, "", text);
	ck_assert_str_eq(text, "banned (code 0x8a): ask who runs the broker");
	reason_describe(reason_of_code_5(0x89), 0x89, "come back later", text);
	ck_assert_str_eq(text, "server busy (code 0x89, 'come back later')");
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	reason_describe(reason_of_code_5(0x89), 0x89, endless, text);
	ck_assert_uint_eq(strlen(text), sizeof text - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reason");
	TCase *reason = tcase_create("reason");

	tcase_add_test(reason, every_code_of_version_5_has_words_of_its_own);
	tcase_add_test(reason, every_refusal_of_version_3_has_words_of_its_own);
	tcase_add_test(reason, what_trying_again_cannot_mend_is_lasting);
	tcase_add_test(reason, a_wrong_login_is_one_in_both_versions);
	tcase_add_test(reason, an_old_brokers_answer_to_version_5_is_understood);
	tcase_add_test(reason, codes_outside_the_standard_are_not_lasting);
	tcase_add_test(reason, a_description_has_the_code_the_brokers_words_and_the_mend);
	suite_add_tcase(suite, reason);
	return suite_run(suite);
}
