/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "mqtt/password.h"
#include "suite.h"

static char folder[] = "/tmp/iotkit-password-XXXXXX";
static char path[64];
static char password[16];

static void start(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/password", folder);
}

static void stop(void)
{
	unlink(path);
	rmdir(folder);
}

static iotkit_status read_back(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	return password_read(path, password, sizeof password);
}

static const struct {
	const char *text;
	const char *password;
} good[] = {
	{"hush", "hush"},
	{"hush\n", "hush"},
	{"hush\r\nmore\n", "hush"},
	{"with space\n", "with space"},
	{" h\n", " h"},
	{"12345678901234", "12345678901234"},
};

START_TEST(the_first_line_is_the_password)
{
	ck_assert_msg(read_back(good[_i].text, 0600) == IOTKIT_OK, "%s", error_last());
	ck_assert_str_eq(password, good[_i].password);
	ck_assert_int_eq(read_back(good[_i].text, 0400), IOTKIT_OK);
}
END_TEST

START_TEST(a_file_that_others_can_read_is_refused_with_the_command_to_run)
{
	static const mode_t modes[] = {0644, 0640, 0604, 0660};
	char mend[96];

	snprintf(mend, sizeof mend, "chmod 600 %s", path);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		assert_fails(read_back("hush\n", modes[i]), IOTKIT_EINVAL, mend);
	ck_assert_ptr_null(strstr(error_last(), "hush"));
}
END_TEST

START_TEST(an_empty_or_too_long_password_is_refused)
{
	assert_fails(read_back("", 0600), IOTKIT_EINVAL, "is empty");
	assert_fails(read_back("\nhush\n", 0600), IOTKIT_EINVAL, "is empty");
	assert_fails(read_back("123456789012345", 0600), IOTKIT_EINVAL, "longer than 14 bytes");
	assert_fails(read_back("12345678901234567890123\n", 0600), IOTKIT_EINVAL, "longer than");
}
END_TEST

START_TEST(a_file_that_is_not_there_or_no_file_is_explained)
{
	assert_fails(password_read("/no/such/file", password, sizeof password), IOTKIT_ENOENT,
		     "/no/such/file");
	ck_assert_int_eq(chmod(folder, 0700), 0);
	assert_fails(password_read(folder, password, sizeof password), IOTKIT_EINVAL,
		     "is not a file");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("password");
	TCase *file = tcase_create("file");

	tcase_add_checked_fixture(file, start, stop);
	tcase_add_loop_test(file, the_first_line_is_the_password, 0, sizeof good / sizeof good[0]);
	tcase_add_test(file, a_file_that_others_can_read_is_refused_with_the_command_to_run);
	tcase_add_test(file, an_empty_or_too_long_password_is_refused);
	tcase_add_test(file, a_file_that_is_not_there_or_no_file_is_explained);
	suite_add_tcase(suite, file);
	return suite_run(suite);
}
