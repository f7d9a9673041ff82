/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "suite.h"

static void assert_decodes(const char *text, const char *expected)
{
	char *decoded = NULL;

	ck_assert_int_eq(percent_decode(text, strlen(text), &decoded), IOTKIT_OK);
	ck_assert_str_eq(decoded, expected);
	free(decoded);
}

START_TEST(bytes_are_decoded)
{
	assert_decodes("", "");
	assert_decodes("plain", "plain");
	assert_decodes("%41%62%7a", "Abz");
	assert_decodes("a%2Fb%2fc", "a/b/c");
	assert_decodes("%25", "%");
	assert_decodes("%2541", "%41");
	assert_decodes("%c3%BC", "ü");
	assert_decodes("1+1", "1+1");
}
END_TEST

START_TEST(every_byte_but_nul_can_be_written)
{
	for (int byte = 1; byte < 256; byte++) {
		char text[8], expected[2] = {(char)byte, '\0'};
		snprintf(text, sizeof text, "%%%02x", byte);
		assert_decodes(text, expected);
	}
}
END_TEST

START_TEST(what_is_cut_or_no_number_is_refused)
{
	static const char *const wrong[] = {"%",   "%4",    "%g0", "%0g", "%%",   "a%",
					    "%00", "x%00y", "% 1", "%-1", "%4%41"};
	char *decoded = NULL;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_fails(percent_decode(wrong[i], strlen(wrong[i]), &decoded), IOTKIT_EINVAL,
			     "%25");
	ck_assert_ptr_null(decoded);
}
END_TEST

START_TEST(only_size_bytes_are_looked_at)
{
	char *decoded = NULL;

	ck_assert_int_eq(percent_decode("ab%zz", 2, &decoded), IOTKIT_OK);
	ck_assert_str_eq(decoded, "ab");
	free(decoded);
	ck_assert_int_eq(percent_decode("a%41", 3, &decoded), IOTKIT_EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("percent");
	TCase *percent = tcase_create("percent");

	tcase_add_test(percent, bytes_are_decoded);
	tcase_add_test(percent, every_byte_but_nul_can_be_written);
	tcase_add_test(percent, what_is_cut_or_no_number_is_refused);
	tcase_add_test(percent, only_size_bytes_are_looked_at);
	suite_add_tcase(suite, percent);
	return suite_run(suite);
}
