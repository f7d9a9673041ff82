/* SPDX-License-Identifier: MIT */
#include "link/refusals.h"

#include <string.h>

#include "suite.h"

enum { TOLD_MAX = 8 };

static struct {
	uint16_t packet_id;
	int code;
} told[TOLD_MAX];
static size_t told_count;

static void tell(void *context, uint16_t packet_id, int code)
{
	ck_assert_ptr_eq(context, told);
	told[told_count].packet_id = packet_id;
	told[told_count++].code = code;
}

static struct refusals begin(void)
{
	told_count = 0;
	return (struct refusals){.sink = {.context = told, .refused = tell}};
}

/* PUBACK without and with a good code, a PUBLISH that looks like a refusal inside, PUBREC
 * and PUBCOMP with refusals, one with properties, and a PINGRESP. */
static const char stream[] = "\x40\x02\x00\x01"
			     "\x40\x03\x00\x02\x10"
			     "\x30\x09\x00\x01t\x50\x03\x00\x03\x97!"
			     "\x50\x03\x12\x34\x97"
			     "\xd0\x00"
			     "\x70\x08\x00\x05\x92\x04\x1f\x00\x01x"
			     "\x40\x03\x00\x06\x80";

static void assert_told(void)
{
	ck_assert_uint_eq(told_count, 3);
	ck_assert_uint_eq(told[0].packet_id, 0x1234);
	ck_assert_int_eq(told[0].code, 0x97);
	ck_assert_uint_eq(told[1].packet_id, 5);
	ck_assert_int_eq(told[1].code, 0x92);
	ck_assert_uint_eq(told[2].packet_id, 6);
	ck_assert_int_eq(told[2].code, 0x80);
}

START_TEST(refusals_are_told_wherever_the_stream_is_split)
{
	for (size_t at = 0; at < sizeof stream; at++) {
		struct refusals refusals = begin();
		refusals_scan(&refusals, stream, at);
		refusals_scan(&refusals, stream + at, sizeof stream - 1 - at);
		assert_told();
	}
}
END_TEST

START_TEST(refusals_are_told_byte_by_byte)
{
	struct refusals refusals = begin();

	for (size_t i = 0; i < sizeof stream - 1; i++)
		refusals_scan(&refusals, stream + i, 1);
	assert_told();
}
END_TEST

START_TEST(a_length_against_the_rules_ends_the_search)
{
	struct refusals refusals = begin();

	refusals_scan(&refusals, "\x40\xff\xff\xff\xff\x01\x40\x03\x00\x06\x80", 11);
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	struct refusals refusals = {0};

	refusals_scan(&refusals, stream, sizeof stream - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("refusals");
	TCase *scan = tcase_create("scan");

	tcase_add_test(scan, refusals_are_told_wherever_the_stream_is_split);
	tcase_add_test(scan, refusals_are_told_byte_by_byte);
	tcase_add_test(scan, a_length_against_the_rules_ends_the_search);
	tcase_add_test(scan, nobody_needs_to_listen);
	suite_add_tcase(suite, scan);
	return suite_run(suite);
}
