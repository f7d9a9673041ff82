/* SPDX-License-Identifier: MIT */
#include "packet/properties.h"

#include <string.h>

#include "suite.h"

static struct cursor cursor;
static struct packet_property property;

static void begin(const char *bytes, size_t size)
{
	cursor = (struct cursor){.at = (const unsigned char *)bytes, .left = size};
}

#define BEGIN(literal) begin(literal, sizeof(literal) - 1)

static void expect_number(uint32_t id, uint32_t number)
{
	ck_assert(packet_property_next(&cursor, &property));
	ck_assert_uint_eq(property.id, id);
	ck_assert_uint_eq(property.number, number);
	ck_assert_uint_eq(property.bytes.size, 0);
	ck_assert_uint_eq(property.value.size, 0);
	ck_assert(!property.is_unknown);
}

static void assert_bytes(const struct cursor_bytes *bytes, const char *expected)
{
	ck_assert_uint_eq(bytes->size, strlen(expected));
	if (bytes->size > 0)
		ck_assert_mem_eq(bytes->at, expected, bytes->size);
}

static void expect_texts(uint32_t id, const char *bytes, const char *value)
{
	ck_assert(packet_property_next(&cursor, &property));
	ck_assert_uint_eq(property.id, id);
	ck_assert_uint_eq(property.number, 0);
	assert_bytes(&property.bytes, bytes);
	assert_bytes(&property.value, value);
	ck_assert(!property.is_unknown);
}

static void expect_end(bool is_short)
{
	ck_assert(!packet_property_next(&cursor, &property));
	ck_assert(cursor.is_short == is_short);
	ck_assert(!property.is_unknown);
	ck_assert_uint_eq(cursor.left, 0);
}

START_TEST(there_are_none)
{
	BEGIN("");
	expect_end(false);
}
END_TEST

START_TEST(each_kind_is_read)
{
	BEGIN("\x01\x01"
	      "\x23\x12\x34"
	      "\x02\x12\x34\x56\x78"
	      "\x0b\x80\x01"
	      "\x08\x00\x03xyz"
	      "\x09\x00\x02\x01\x02"
	      "\x26\x00\x01k\x00\x02vw"
	      "\x03\x00\x00"
	      "\x2a\xff");
	expect_number(0x01, 1);
	expect_number(0x23, 0x1234);
	expect_number(0x02, 0x12345678);
	expect_number(0x0b, 128);
	expect_texts(0x08, "xyz", "");
	expect_texts(0x09, "\x01\x02", "");
	expect_texts(PACKET_USER_PROPERTY, "k", "vw");
	expect_texts(0x03, "", "");
	expect_number(0x2a, 0xff);
	expect_end(false);
}
END_TEST

/* Byte by byte, whatever the place. */
START_TEST(one_that_is_cut_makes_the_cursor_short)
{
	static const struct {
		const char *bytes;
		size_t size;
	} kinds[] = {{"\x01\x01", 2},
		     {"\x23\x12\x34", 3},
		     {"\x02\x12\x34\x56\x78", 5},
		     {"\x0b\x80\x01", 3},
		     {"\x08\x00\x03xyz", 6},
		     {"\x09\x00\x02\x01\x02", 5},
		     {"\x26\x00\x01k\x00\x02vw", 8}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (size_t cut = 1; cut < kinds[i].size; cut++) {
			begin(kinds[i].bytes, cut);
			ck_assert(packet_property_next(&cursor, &property));
			ck_assert(cursor.is_short);
			ck_assert_uint_eq(property.value.size, 0);
			expect_end(true);
		}
}
END_TEST

START_TEST(an_unknown_one_ends_them)
{
	static const char *const unknown[] = {"\x7e\x01\x01", "\x2b\x01\x01", "\x04\x01\x01",
					      "\x80\x01\x01", "\xff\xff\x7f"};
	static const uint32_t ids[] = {0x7e, 0x2b, 0x04, 128, 0x1fffff};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		begin(unknown[i], 3);
		ck_assert(!packet_property_next(&cursor, &property));
		ck_assert_uint_eq(property.id, ids[i]);
		ck_assert(property.is_unknown);
		ck_assert(cursor.is_short);
		expect_end(true);
	}
	BEGIN("\x00\x01");
	ck_assert(!packet_property_next(&cursor, &property));
	ck_assert(property.is_unknown);
}
END_TEST

/* An identifier whose number is longer than MQTT allows is none. */
START_TEST(what_is_no_identifier_ends_them_too)
{
	BEGIN("\xff\xff\xff\xff\x01\x01\x01");
	ck_assert(!packet_property_next(&cursor, &property));
	ck_assert(cursor.is_short);
	expect_end(true);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("properties");
	TCase *next = tcase_create("next");

	tcase_add_test(next, there_are_none);
	tcase_add_test(next, each_kind_is_read);
	tcase_add_test(next, one_that_is_cut_makes_the_cursor_short);
	tcase_add_test(next, an_unknown_one_ends_them);
	tcase_add_test(next, what_is_no_identifier_ends_them_too);
	suite_add_tcase(suite, next);
	return suite_run(suite);
}
