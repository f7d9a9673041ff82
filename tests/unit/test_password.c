/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mqtt/password.h"
#include "suite.h"

static char folder[64];
static char path[128];
static char password[16];

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/password", folder);
	strcpy(password, "before");
}

static void stop(void)
{
	unlink(path);
	rmdir(folder);
}

static iotkit_status read_back(const char *text)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	return password_read(path, password, sizeof password);
}

START_TEST(the_first_line_is_the_password)
{
	static const char *const texts[] = {"right", "right\n", "right\r\n", "right\nsecond\n",
					    "right\n\n\n"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		ck_assert_int_eq(read_back(texts[i]), IOTKIT_OK);
		ck_assert_str_eq(password, "right");
	}
	ck_assert_int_eq(read_back(" sp ace \t\n"), IOTKIT_OK);
	ck_assert_str_eq(password, " sp ace \t");
}
END_TEST

START_TEST(a_password_is_as_long_as_there_is_room)
{
	ck_assert_int_eq(read_back("12345678901234"), IOTKIT_OK);
	ck_assert_str_eq(password, "12345678901234");
	ck_assert_int_eq(read_back("12345678901234\nmore lines, much longer\n"), IOTKIT_OK);
	ck_assert_str_eq(password, "12345678901234");
	assert_fails(read_back("123456789012345"), IOTKIT_EINVAL, "longer than 14 bytes");
	assert_fails(read_back("1234567890123456789012345678901234567890\n"), IOTKIT_EINVAL,
		     "longer than 14 bytes");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "12345"));
}
END_TEST

START_TEST(an_empty_password_is_refused)
{
	assert_fails(read_back(""), IOTKIT_EINVAL, "is empty");
	assert_fails(read_back("\nsecond\n"), IOTKIT_EINVAL, "is empty");
	assert_fails(read_back("\r\n"), IOTKIT_EINVAL, "is empty");
}
END_TEST

START_TEST(a_file_that_others_can_read_is_refused_with_the_mend)
{
	static const mode_t modes[] = {0644, 0640, 0604, 0660, 0601, 0610, 0777};
	char mend[256];

	ck_assert_int_eq(read_back("right"), IOTKIT_OK);
	snprintf(mend, sizeof mend, "chmod 600 %s", path);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		chmod(path, modes[i]);
		assert_fails(password_read(path, password, sizeof password), IOTKIT_EINVAL, mend);
	}
	chmod(path, 0400);
	ck_assert_int_eq(password_read(path, password, sizeof password), IOTKIT_OK);
}
END_TEST

START_TEST(what_is_no_file_is_refused_without_waiting)
{
	assert_fails(password_read(path, password, sizeof password), IOTKIT_ENOENT, path);
	assert_fails(password_read(folder, password, sizeof password), IOTKIT_EINVAL,
		     "is not a file");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_fails(password_read(path, password, sizeof password), IOTKIT_EINVAL,
		     "is not a file");
	assert_fails(password_read("/dev/null", password, sizeof password), IOTKIT_EINVAL,
		     "is not a file");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("password");
	TCase *file = tcase_create("file");

	tcase_add_checked_fixture(file, start, stop);
	tcase_add_test(file, the_first_line_is_the_password);
	tcase_add_test(file, a_password_is_as_long_as_there_is_room);
	tcase_add_test(file, an_empty_password_is_refused);
	tcase_add_test(file, a_file_that_others_can_read_is_refused_with_the_mend);
	tcase_add_test(file, what_is_no_file_is_refused_without_waiting);
	suite_add_tcase(suite, file);
	return suite_run(suite);
}
