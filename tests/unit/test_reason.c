/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "mqtt/reason.h"
#include "suite.h"

START_TEST(every_code_of_the_standard_has_words_of_its_own)
{
	/* MQTT 5.0 section 2.4; 0x91 and 0x92 are for packets that paho handles. */
	static const int codes[] = {0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
				    0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93,
				    0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c,
				    0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2};
	const size_t count = sizeof codes / sizeof codes[0];

	for (size_t i = 0; i < count; i++) {
		const struct broker_answer *answer = reason_of_code_5(codes[i]);
		ck_assert_int_eq(answer->code, codes[i]);
		ck_assert_int_lt(answer->status, 0);
		ck_assert_ptr_nonnull(error_name(answer->status));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(answer->words, reason_of_code_5(codes[j])->words);
	}
}
END_TEST

START_TEST(what_a_retry_cannot_mend_is_lasting)
{
	static const int lasting[] = {0x84, 0x85, 0x86, 0x87, 0x8a, 0x8e};
	static const int passing[] = {0x80, 0x88, 0x89, 0x8b, 0x97, 0x9f};

	for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
		ck_assert(reason_of_connack_5(lasting[i])->lasting);
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		ck_assert(!reason_of_connack_5(passing[i])->lasting);
	ck_assert(reason_of_connack_3(1)->lasting && reason_of_connack_3(2)->lasting);
	ck_assert(reason_of_connack_3(4)->lasting && reason_of_connack_3(5)->lasting);
	ck_assert(!reason_of_connack_3(3)->lasting);
}
END_TEST

START_TEST(a_code_of_nobodys_is_told_and_tried_again)
{
	ck_assert(!reason_of_code_5(0xee)->lasting);
	ck_assert(!reason_of_connack_3(77)->lasting);
	ck_assert_ptr_nonnull(strstr(reason_of_code_5(0xee)->words, "not in the standard"));
}
END_TEST

START_TEST(the_description_has_words_number_quote_and_mend)
{
	char text[ANSWER_TEXT_SIZE];

	reason_describe(reason_of_code_5(0x8a), 0x8a, "go away", text);
	ck_assert_str_eq(text, "banned (code 0x8a, 'go away'): ask who runs the broker");
	reason_describe(reason_of_code_5(0x89), 0x89, "", text);
	ck_assert_str_eq(text, "server busy (code 0x89)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reason");
	TCase *tables = tcase_create("tables");

	tcase_add_test(tables, every_code_of_the_standard_has_words_of_its_own);
	tcase_add_test(tables, what_a_retry_cannot_mend_is_lasting);
	tcase_add_test(tables, a_code_of_nobodys_is_told_and_tried_again);
	tcase_add_test(tables, the_description_has_words_number_quote_and_mend);
	suite_add_tcase(suite, tables);
	return suite_run(suite);
}
