/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "packet/mask.h"
#include "suite.h"

#define BYTES(text) (text), sizeof(text) - 1

static const struct example {
	const char *bytes;
	size_t size;
	const char *masked; /* as many */
} examples[] = {
	/* 3.1.1: no password; one; with a will; without a user name; an empty one. */
	{BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2gw"), "\x10\x0e\0\4MQTT\4\2\0\x3c\0\2gw"},
	{BYTES("\x10\x16\0\4MQTT\4\xc2\0\x3c\0\0\0\1u\0\5swish"),
	 "\x10\x16\0\4MQTT\4\xc2\0\x3c\0\0\0\1u\0\5*****"},
	{BYTES("\x10\x1e\0\4MQTT\4\xee\0\x0f\0\2gw\0\1w\0\4gone\0\1u\0\2pw"),
	 "\x10\x1e\0\4MQTT\4\xee\0\x0f\0\2gw\0\1w\0\4gone\0\1u\0\2**"},
	{BYTES("\x10\x10\0\4MQTT\4\x42\0\x3c\0\0\0\2pw"), "\x10\x10\0\4MQTT\4\x42\0\x3c\0\0\0\2**"},
	{BYTES("\x10\x0e\0\4MQTT\4\x42\0\x3c\0\0\0\0"), "\x10\x0e\0\4MQTT\4\x42\0\x3c\0\0\0\0"},
	/* 5: properties of the connection and of the will. */
	{BYTES("\x10\x27\0\4MQTT\5\xc4\0\0\x08\x11\0\0\x0e\x10\x21\0\x14\0\0\5\x18\0\0\0\7\0\1w\0"
	       "\0\0\1u\0\2pw"),
	 "\x10\x27\0\4MQTT\5\xc4\0\0\x08\x11\0\0\x0e\x10\x21\0\x14\0\0\5\x18\0\0\0\7\0\1w\0\0\0\1u"
	 "\0\2**"},
	/* What is no CONNECT, or ends too early, is left alone. */
	{BYTES("\x30\x16\0\4MQTT\4\xc2\0\x3c\0\0\0\1u\0\5swish"),
	 "\x30\x16\0\4MQTT\4\xc2\0\x3c\0\0\0\1u\0\5swish"},
	{BYTES("\x10\0\0\4MQTT\4\x42\0\x3c\0\0\0\2pw"), "\x10\0\0\4MQTT\4\x42\0\x3c\0\0\0\2pw"},
	{BYTES("\x10\xff\xff\xff\xff\x7f\4MQTT"), "\x10\xff\xff\xff\xff\x7f\4MQTT"},
};

enum { EXAMPLES = sizeof examples / sizeof examples[0] };

static const char next_packet[] = "\x30\x0a\0\3a/bhello";

START_TEST(the_password_alone_is_masked_however_it_comes)
{
	char to[128], all[128];

	for (size_t i = 0; i < EXAMPLES; i++) {
		size_t size = examples[i].size + sizeof next_packet;
		memcpy(all, examples[i].bytes, examples[i].size);
		memcpy(all + examples[i].size, next_packet, sizeof next_packet);
		for (size_t piece = 1; piece <= size; piece++) {
			struct mask mask = {0};
			for (size_t at = 0; at < size; at += piece)
				mask_copy(&mask, to + at, all + at,
					  size - at < piece ? size - at : piece);
			ck_assert_mem_eq(to, examples[i].masked, examples[i].size);
			ck_assert_mem_eq(to + examples[i].size, next_packet, sizeof next_packet);
			ck_assert(mask_is_over(&mask));
		}
	}
}
END_TEST

START_TEST(it_is_over_with_the_packet)
{
	struct mask mask = {0};
	char to[64];

	mask_copy(&mask, to, examples[1].bytes, examples[1].size - 1);
	ck_assert(!mask_is_over(&mask));
	mask_copy(&mask, to, examples[1].bytes + examples[1].size - 1, 1);
	ck_assert(mask_is_over(&mask));
	ck_assert_int_eq(to[0], '*');
}
END_TEST

/* A field that says it is longer than its packet does not reach into the next. */
START_TEST(a_length_that_lies_masks_nothing_of_what_follows)
{
	static const char lies[] = "\x10\x10\0\4MQTT\4\x42\0\x3c\0\0\xff\xffpw";
	struct mask mask = {0};
	char to[64];

	mask_copy(&mask, to, BYTES(lies));
	ck_assert_mem_eq(to + 16, "**", 2);
	mask_copy(&mask, to, next_packet, sizeof next_packet);
	ck_assert_mem_eq(to, next_packet, sizeof next_packet);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mask");
	TCase *tests = tcase_create("mask");

	tcase_add_test(tests, the_password_alone_is_masked_however_it_comes);
	tcase_add_test(tests, it_is_over_with_the_packet);
	tcase_add_test(tests, a_length_that_lies_masks_nothing_of_what_follows);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
