/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "suite.h"

/* Encodes as RFC 3629 section 3 says, surrogates and too large ones as well. */
static size_t encode(uint32_t code, size_t length, char *out)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (length == 1) {
		out[0] = (char)code;
		return 1;
	}
	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(lead[length] | code);
	return length;
}

static size_t length_of(uint32_t code)
{
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

START_TEST(every_code_point_is_a_character_but_the_surrogates)
{
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char text[4];
		size_t length = encode(code, length_of(code), text);
		size_t expected = code >= 0xd800 && code <= 0xdfff ? 0 : length;
		if (utf8_character(text, sizeof text) != expected)
			ck_abort_msg("U+%04X", (unsigned)code);
	}
}
END_TEST

START_TEST(each_length_has_its_boundaries)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
		{"\x7f", 1},
		{"\xc2\x80", 2},
		{"\xdf\xbf", 2},
		{"\xe0\xa0\x80", 3},
		{"\xed\x9f\xbf", 3}, /* U+D7FF, the last before the surrogates */
		{"\xee\x80\x80", 3}, /* U+E000, the first after them */
		{"\xef\xbf\xbf", 3},
		{"\xf0\x90\x80\x80", 4},
		{"\xf4\x8f\xbf\xbf", 4}, /* U+10FFFF */
		{"\xf4\x90\x80\x80", 0}, /* U+110000 */
		{"\xf5\x80\x80\x80", 0},
		{"\xff", 0},
		{"\x80", 0},
		{"\xbf", 0},
		{"\xed\xa0\x80", 0},
		{"\xed\xbf\xbf", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(utf8_character(cases[i].text, strlen(cases[i].text)) ==
				      cases[i].length,
			      "case %zu", i);
}
END_TEST

START_TEST(overlong_forms_are_none)
{
	static const uint32_t most[] = {0, 0, 0x7f, 0x7ff, 0xffff};

	for (size_t length = 2; length <= 4; length++)
		for (uint32_t code = 0; code <= most[length]; code++) {
			char text[4];
			encode(code, length, text);
			if (utf8_character(text, length) != 0)
				ck_abort_msg("U+%04X in %zu bytes", (unsigned)code, length);
		}
}
END_TEST

START_TEST(a_cut_character_is_none)
{
	static const char *const whole[] = {"\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	for (size_t i = 0; i < 3; i++)
		for (size_t size = 0; size < strlen(whole[i]); size++) {
			/* A copy of that size, so that a sanitizer sees a read too far. */
			char *cut = malloc(size + 1);
			char *text = cut + 1;
			memcpy(text, whole[i], size);
			ck_assert_uint_eq(utf8_character(text, size), 0);
			free(cut);
		}
	ck_assert_uint_eq(utf8_character("\xe2\x82x", 3), 0);
	ck_assert_uint_eq(utf8_character("\xe2x\xac", 3), 0);
	ck_assert_uint_eq(utf8_character("\xc3\xc3", 2), 0);
}
END_TEST

START_TEST(a_text_is_valid_when_all_of_it_is)
{
	ck_assert(utf8_valid("", 0));
	ck_assert(utf8_valid("a\0b", 3));
	ck_assert(utf8_valid("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z", 10));
	ck_assert(!utf8_valid("abc\xc3", 4));
	ck_assert(!utf8_valid("\xc3\xbc\xbc", 3));
	ck_assert(!utf8_valid("caf\xe9", 4)); /* Latin-1 */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *utf8 = tcase_create("utf8");

	tcase_add_test(utf8, every_code_point_is_a_character_but_the_surrogates);
	tcase_add_test(utf8, each_length_has_its_boundaries);
	tcase_add_test(utf8, overlong_forms_are_none);
	tcase_add_test(utf8, a_cut_character_is_none);
	tcase_add_test(utf8, a_text_is_valid_when_all_of_it_is);
	suite_add_tcase(suite, utf8);
	return suite_run(suite);
}
