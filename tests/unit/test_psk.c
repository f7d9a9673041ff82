/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "suite.h"
#include "tls/psk.h"

static unsigned char psk[PSK_MAX];
static size_t size;

static iotkit_status parse(const char *line)
{
	return psk_parse(line, "PSK file /k (tls.psk_file)", psk, &size);
}

START_TEST(a_key_is_hexadecimal)
{
	ck_assert_int_eq(parse("00fFA9"), IOTKIT_OK);
	ck_assert_uint_eq(size, 3);
	ck_assert_mem_eq(psk, "\x00\xff\xa9", 3);
	ck_assert_int_eq(parse(" \t0a \t"), IOTKIT_OK);
	ck_assert_uint_eq(size, 1);
	ck_assert_uint_eq(psk[0], 0x0a);
}
END_TEST

START_TEST(a_key_has_one_to_64_bytes)
{
	char digits[2 * PSK_MAX + 3];

	memset(digits, 'a', sizeof digits);
	digits[2 * PSK_MAX] = '\0';
	ck_assert_int_eq(parse(digits), IOTKIT_OK);
	ck_assert_uint_eq(size, PSK_MAX);
	digits[2 * PSK_MAX] = 'a';
	digits[2 * PSK_MAX + 2] = '\0';
	assert_fails(parse(digits), IOTKIT_EINVAL, "65 bytes, more than 64");
	assert_fails(parse(""), IOTKIT_EINVAL, "is empty");
	assert_fails(parse(" \t "), IOTKIT_EINVAL, "is empty");
}
END_TEST

START_TEST(what_is_no_key_is_told_and_never_quoted)
{
	assert_fails(parse("abc"), IOTKIT_EINVAL, "3 digits, an odd number");
	assert_fails(parse("name:c0ffee"), IOTKIT_EINVAL, "not hexadecimal");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "c0ffee"));
	assert_fails(parse("c0ff ee"), IOTKIT_EINVAL, "not hexadecimal");
	assert_fails(parse("0xc0ffee"), IOTKIT_EINVAL, "not hexadecimal");
	assert_fails(parse("\xc3\xa9"), IOTKIT_EINVAL, "PSK file /k (tls.psk_file)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("psk");
	TCase *line = tcase_create("line");

	tcase_add_test(line, a_key_is_hexadecimal);
	tcase_add_test(line, a_key_has_one_to_64_bytes);
	tcase_add_test(line, what_is_no_key_is_told_and_never_quoted);
	suite_add_tcase(suite, line);
	return suite_run(suite);
}
