/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/percent.h"
#include "suite.h"

static const struct {
	const char *text;
	const char *decoded; /* NULL: refused */
} cases[] = {
	{"", ""},      {"abc", "abc"},   {"a%20b", "a b"},   {"%c3%A4", "\xc3\xa4"},
	{"%25", "%"},  {"%2525", "%25"}, {"a%2", NULL},      {"a%", NULL},
	{"%g0", NULL}, {"%0g", NULL},    {"no%00nul", NULL}, {"+", "+"},
};

START_TEST(text_is_decoded_or_refused)
{
	const char *text = cases[_i].text;
	char *decoded = NULL;

	if (cases[_i].decoded == NULL) {
		assert_fails(percent_decode(text, strlen(text), &decoded), IOTKIT_EINVAL, "'%25'");
		ck_assert_ptr_null(decoded);
		return;
	}
	ck_assert_int_eq(percent_decode(text, strlen(text), &decoded), IOTKIT_OK);
	ck_assert_str_eq(decoded, cases[_i].decoded);
	free(decoded);
}
END_TEST

START_TEST(nothing_behind_the_size_is_read)
{
	char *decoded = NULL;

	ck_assert_int_ne(percent_decode("%20", 2, &decoded), IOTKIT_OK);
	ck_assert_int_eq(percent_decode("a%20", 1, &decoded), IOTKIT_OK);
	ck_assert_str_eq(decoded, "a");
	free(decoded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("percent");
	TCase *decode = tcase_create("decode");

	tcase_add_loop_test(decode, text_is_decoded_or_refused, 0, sizeof cases / sizeof cases[0]);
	tcase_add_test(decode, nothing_behind_the_size_is_read);
	suite_add_tcase(suite, decode);
	return suite_run(suite);
}
