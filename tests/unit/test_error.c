/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "suite.h"

/* The codes have no gaps: IOTKIT_OK down to the last. */
enum { LAST_CODE = IOTKIT_EBUSY };

START_TEST(every_code_has_a_name_and_a_meaning_of_its_own)
{
	for (iotkit_status a = IOTKIT_OK; a >= LAST_CODE; a--) {
		ck_assert_ptr_nonnull(error_name(a));
		ck_assert_int_eq(strncmp(error_name(a), "IOTKIT_", 7), 0);
		ck_assert_ptr_nonnull(error_meaning(a));
		ck_assert_uint_gt(strlen(error_meaning(a)), 0);
		for (iotkit_status b = IOTKIT_OK; b > a; b--) {
			ck_assert_str_ne(error_name(a), error_name(b));
			ck_assert_str_ne(error_meaning(a), error_meaning(b));
		}
	}
}
END_TEST

START_TEST(other_numbers_have_neither)
{
	static const iotkit_status others[] = {1, LAST_CODE - 1, INT32_MIN, INT32_MAX};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		ck_assert_ptr_null(error_name(others[i]));
		ck_assert_ptr_null(error_meaning(others[i]));
	}
}
END_TEST

START_TEST(the_last_sentence_is_kept_and_its_code_returned)
{
	ck_assert_int_eq(error_set(IOTKIT_ENOENT, "no '%s' in row %d", "x", 7), IOTKIT_ENOENT);
	ck_assert_str_eq(error_last(), "no 'x' in row 7");
	ck_assert_str_eq(iotkit_last_error(), "no 'x' in row 7");
}
END_TEST

START_TEST(a_sentence_may_quote_the_one_before)
{
	error_set(IOTKIT_EINVAL, "inner");
	error_set(IOTKIT_ESTATE, "outer: %s", error_last());
	ck_assert_str_eq(error_last(), "outer: inner");
}
END_TEST

START_TEST(a_sentence_is_one_line_whatever_it_quotes)
{
	error_set(IOTKIT_EINVAL, "'%s' is no topic", "a\nb\tc\x1b[1m\x7f");
	ck_assert_str_eq(error_last(), "'a?b?c?[1m?' is no topic");
}
END_TEST

START_TEST(a_sentence_that_is_too_long_is_cut)
{
	char text[2 * ERROR_TEXT_SIZE];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	error_set(IOTKIT_EINVAL, "%s", text);
	ck_assert_uint_eq(strlen(error_last()), ERROR_TEXT_SIZE - 1);
	ck_assert_int_eq(error_set_system(ENOENT, "%s", text), IOTKIT_ESYSTEM);
	ck_assert_ptr_nonnull(strstr(error_last(), ": No such file or directory"));
}
END_TEST

START_TEST(what_the_system_refused_is_told_in_its_words)
{
	ck_assert_int_eq(error_set_system(ENOENT, "cannot open '%s'", "/x"), IOTKIT_ESYSTEM);
	ck_assert_str_eq(error_last(), "cannot open '/x': No such file or directory");
	ck_assert_int_eq(error_set_no_memory(), IOTKIT_ENOMEM);
}
END_TEST

START_TEST(a_success_does_not_clear_the_sentence)
{
	error_set(IOTKIT_EINVAL, "stays");
	ck_assert_str_eq(iotkit_strerror(IOTKIT_OK), "success");
	ck_assert_str_eq(error_last(), "stays");
}
END_TEST

/* Fails on its own thread, and hands the reason over. */
static void *fail_elsewhere(void *argument)
{
	struct reason *reason = argument;

	error_set(IOTKIT_EAUTH, "of the other thread");
	reason_capture(reason);
	return NULL;
}

START_TEST(each_thread_has_its_own_and_a_reason_travels)
{
	struct reason reason;
	pthread_t thread;

	error_set(IOTKIT_EINVAL, "of this thread");
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &reason), 0);
	pthread_join(thread, NULL);
	ck_assert_str_eq(error_last(), "of this thread");
	ck_assert_int_eq(reason.status, IOTKIT_EAUTH);
	ck_assert_int_eq(reason_raise(&reason), IOTKIT_EAUTH);
	ck_assert_str_eq(error_last(), "of the other thread");
}
END_TEST

START_TEST(a_reason_can_be_given_in_words)
{
	struct reason reason;

	reason_set(&reason, IOTKIT_EREFUSED, "code %d", 5);
	ck_assert_int_eq(reason.status, IOTKIT_EREFUSED);
	ck_assert_str_eq(reason.text, "code 5");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("error");
	TCase *error = tcase_create("error");

	tcase_add_test(error, every_code_has_a_name_and_a_meaning_of_its_own);
	tcase_add_test(error, other_numbers_have_neither);
	tcase_add_test(error, the_last_sentence_is_kept_and_its_code_returned);
	tcase_add_test(error, a_sentence_may_quote_the_one_before);
	tcase_add_test(error, a_sentence_is_one_line_whatever_it_quotes);
	tcase_add_test(error, a_sentence_that_is_too_long_is_cut);
	tcase_add_test(error, what_the_system_refused_is_told_in_its_words);
	tcase_add_test(error, a_success_does_not_clear_the_sentence);
	tcase_add_test(error, each_thread_has_its_own_and_a_reason_travels);
	tcase_add_test(error, a_reason_can_be_given_in_words);
	suite_add_tcase(suite, error);
	return suite_run(suite);
}
