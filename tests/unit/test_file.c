/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "suite.h"

static char path[1000], text[FILE_PATH_SIZE];

START_TEST(a_path_is_shown_whole_where_there_is_room)
{
	ck_assert_str_eq(file_path("/etc/ca.crt", text), "/etc/ca.crt");
	ck_assert_str_eq(file_path("", text), "");
	memset(path, 'x', FILE_PATH_SIZE - 1);
	ck_assert_str_eq(file_path(path, text), path);
}
END_TEST

START_TEST(of_a_long_path_both_ends_are_shown)
{
	memset(path, 'x', sizeof path - 1);
	memcpy(path, "/home/anna/", 11);
	memcpy(path + sizeof path - 10, "/anna.key", 9);
	file_path(path, text);
	ck_assert_uint_lt(strlen(text), FILE_PATH_SIZE);
	ck_assert_int_eq(strncmp(text, "/home/anna/x", 12), 0);
	ck_assert_ptr_nonnull(strstr(text, "x...x"));
	ck_assert_str_eq(text + strlen(text) - 10, "x/anna.key");
}
END_TEST

START_TEST(no_character_is_cut)
{
	for (size_t shift = 0; shift < 4; shift++) {
		memset(path, 'x', shift);
		for (size_t at = shift; at + 4 < sizeof path; at += 4)
			memcpy(path + at, "\xf0\x9f\x98\x80", 5);
		file_path(path, text);
		for (const char *c = text; *c != '\0'; c += utf8_character(c, strlen(c)))
			ck_assert_uint_gt(utf8_character(c, strlen(c)), 0);
		ck_assert_uint_gt(strlen(text), FILE_PATH_SIZE - 12);
	}
}
END_TEST

START_TEST(a_long_path_leaves_the_option_in_the_name)
{
	char name[FILE_NAME_SIZE];

	memset(path, 'x', sizeof path - 1);
	file_name("certificate file", path, "tls.key_password_file", name);
	ck_assert_ptr_nonnull(strstr(name, "x (tls.key_password_file)"));
}
END_TEST

START_TEST(a_secret_may_be_its_users_or_roots)
{
	enum { NOBODY = 65534 };
	struct stat file = {.st_mode = S_IFREG | 0600};
	uid_t user = geteuid();

	if (user == 0)
		ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(file_check_private(&file, 077, "key file", "k"), IOTKIT_OK);
	file.st_uid = geteuid();
	ck_assert_int_eq(file_check_private(&file, 077, "key file", "k"), IOTKIT_OK);
	file.st_uid++;
	assert_fails(file_check_private(&file, 077, "key file", "k"), IOTKIT_EINVAL,
		     "the key file belongs to another user (uid ");
	ck_assert_int_eq(seteuid(user), 0);
}
END_TEST

/* Beyond what 32 bits can count, it could not even be looked at. */
START_TEST(a_file_of_3_gb_is_too_large_but_no_failure_of_the_system)
{
	const off_t size = (off_t)3 * 1024 * 1024 * 1024;
	struct file file = {.what = "CA file", .option = "", .path = path, .size_max = 65536};
	char *bytes;
	size_t bytes_size;

	strcpy(path, "/tmp/iotkit-file-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0); /* a hole, which takes no room */
	close(fd);
	iotkit_status status = file_read(&file, &bytes, &bytes_size);
	unlink(path);
	assert_fails(status, IOTKIT_EINVAL, "has more than 65536 bytes");
}
END_TEST

static void start(void)
{
	memset(path, 0, sizeof path);
}

int main(void)
{
	Suite *suite = suite_create("file");
	TCase *tests = tcase_create("file");

	tcase_add_checked_fixture(tests, start, NULL);
	tcase_add_test(tests, a_path_is_shown_whole_where_there_is_room);
	tcase_add_test(tests, of_a_long_path_both_ends_are_shown);
	tcase_add_test(tests, no_character_is_cut);
	tcase_add_test(tests, a_long_path_leaves_the_option_in_the_name);
	tcase_add_test(tests, a_secret_may_be_its_users_or_roots);
	tcase_add_test(tests, a_file_of_3_gb_is_too_large_but_no_failure_of_the_system);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
