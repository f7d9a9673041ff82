/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "suite.h"

static struct buffer buffer;

static void open_small(void)
{
	buffer_init(&buffer, 10);
}

static void close_small(void)
{
	buffer_free(&buffer);
}

static void assert_holds(const char *text)
{
	ck_assert_uint_eq(buffer.size, strlen(text));
	ck_assert_mem_eq(buffer.bytes, text, buffer.size);
}

START_TEST(an_empty_buffer_owns_no_memory)
{
	ck_assert_ptr_null(buffer.bytes);
	ck_assert_uint_eq(buffer.size, 0);
	ck_assert_int_eq(buffer_append(&buffer, NULL, 0), IOTKIT_OK);
	ck_assert_ptr_null(buffer.bytes);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(bytes_are_appended_up_to_the_limit)
{
	ck_assert_int_eq(buffer_append_text(&buffer, "12345"), IOTKIT_OK);
	ck_assert_int_eq(buffer_append(&buffer, "67890", 5), IOTKIT_OK);
	assert_holds("1234567890");
	ck_assert_uint_le(buffer.capacity, 10);
}
END_TEST

START_TEST(what_exceeds_the_limit_is_refused_whole)
{
	ck_assert_int_eq(buffer_append_text(&buffer, "123456"), IOTKIT_OK);
	assert_fails(buffer_append_text(&buffer, "78901"), IOTKIT_EFULL, "10 bytes");
	assert_fails(buffer_append(&buffer, "x", SIZE_MAX), IOTKIT_EFULL, "10 bytes");
	assert_holds("123456");
	ck_assert_int_eq(buffer_append_text(&buffer, "7890"), IOTKIT_OK);
}
END_TEST

START_TEST(bytes_may_be_written_where_they_belong)
{
	char *at = NULL;

	ck_assert_int_eq(buffer_append_text(&buffer, "1234"), IOTKIT_OK);
	ck_assert_int_eq(buffer_extend(&buffer, 6, &at), IOTKIT_OK);
	memcpy(at, "567890", 6);
	assert_holds("1234567890");
	assert_fails(buffer_extend(&buffer, 1, &at), IOTKIT_EFULL, "10 bytes");
	assert_holds("1234567890");
}
END_TEST

START_TEST(a_cleared_buffer_keeps_its_memory_and_a_freed_one_its_limit)
{
	ck_assert_int_eq(buffer_append_text(&buffer, "abc"), IOTKIT_OK);
	buffer_clear(&buffer);
	ck_assert_uint_eq(buffer.size, 0);
	ck_assert_ptr_nonnull(buffer.bytes);
	buffer_free(&buffer);
	ck_assert_ptr_null(buffer.bytes);
	ck_assert_uint_eq(buffer.limit, 10);
	ck_assert_int_eq(buffer_append_text(&buffer, "0123456789"), IOTKIT_OK);
	ck_assert_int_eq(buffer_append_text(&buffer, "x"), IOTKIT_EFULL);
}
END_TEST

START_TEST(a_buffer_leaves_its_first_memory_when_that_is_full)
{
	char first[4];
	struct buffer moving;

	buffer_init_in(&moving, first, sizeof first, 10);
	ck_assert_int_eq(buffer_append_text(&moving, "1234"), IOTKIT_OK);
	ck_assert_ptr_eq(moving.bytes, first);
	ck_assert_int_eq(buffer_append_text(&moving, "567890"), IOTKIT_OK);
	ck_assert_ptr_ne(moving.bytes, first);
	ck_assert_mem_eq(moving.bytes, "1234567890", 10);
	ck_assert_int_eq(buffer_append_text(&moving, "x"), IOTKIT_EFULL);
	buffer_free(&moving);
	ck_assert_ptr_null(moving.bytes);
	buffer_init_in(&moving, first, sizeof first, 2); /* with room that it may not use */
	ck_assert_int_eq(buffer_append_text(&moving, "123"), IOTKIT_EFULL);
	buffer_free(&moving);
}
END_TEST

START_TEST(a_large_buffer_grows_byte_by_byte)
{
	struct buffer large;

	buffer_init(&large, 100000);
	for (size_t i = 0; i < 100000; i++) {
		char byte = (char)(i % 251);
		if (buffer_append(&large, &byte, 1) != IOTKIT_OK)
			ck_abort_msg("refused at %zu", i);
	}
	ck_assert_int_eq(buffer_append(&large, "x", 1), IOTKIT_EFULL);
	for (size_t i = 0; i < 100000; i++)
		if (large.bytes[i] != (char)(i % 251))
			ck_abort_msg("byte %zu has changed", i);
	buffer_free(&large);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("buffer");
	TCase *small = tcase_create("buffer");

	tcase_add_checked_fixture(small, open_small, close_small);
	tcase_add_test(small, an_empty_buffer_owns_no_memory);
	tcase_add_test(small, bytes_are_appended_up_to_the_limit);
	tcase_add_test(small, what_exceeds_the_limit_is_refused_whole);
	tcase_add_test(small, bytes_may_be_written_where_they_belong);
	tcase_add_test(small, a_cleared_buffer_keeps_its_memory_and_a_freed_one_its_limit);
	tcase_add_test(small, a_buffer_leaves_its_first_memory_when_that_is_full);
	tcase_add_test(small, a_large_buffer_grows_byte_by_byte);
	suite_add_tcase(suite, small);
	return suite_run(suite);
}
