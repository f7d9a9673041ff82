/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/hex.h"
#include "suite.h"

START_TEST(bytes_are_written_and_read_back)
{
	unsigned char bytes[256], back[256];
	char digits[2 * sizeof bytes + 1];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	hex_encode(bytes, sizeof bytes, digits);
	ck_assert_uint_eq(strlen(digits), 2 * sizeof bytes);
	ck_assert_int_eq(strncmp(digits, "000102", 6), 0);
	ck_assert_str_eq(digits + 506, "fdfeff");
	ck_assert(hex_decode(digits, back, sizeof back));
	ck_assert_mem_eq(bytes, back, sizeof bytes);
	hex_encode(bytes, 0, digits);
	ck_assert_str_eq(digits, "");
}
END_TEST

START_TEST(digits_may_be_large_and_nothing_else)
{
	unsigned char bytes[2];

	ck_assert(hex_decode("aBCd", bytes, 2));
	ck_assert_mem_eq(bytes, "\xab\xcd", 2);
	ck_assert(!hex_decode("abcg", bytes, 2));
	ck_assert(!hex_decode("ab-1", bytes, 2));
	ck_assert(!hex_decode("abc", bytes, 2));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hex");
	TCase *hex = tcase_create("hex");

	tcase_add_test(hex, bytes_are_written_and_read_back);
	tcase_add_test(hex, digits_may_be_large_and_nothing_else);
	suite_add_tcase(suite, hex);
	return suite_run(suite);
}
