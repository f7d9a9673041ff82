/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/private_file.h"
#include "base/secret.h"
#include "suite.h"

enum { NOBODY = 65534 };

static char folder[64];
static char path[128];
static char line[16];
static struct private_file file = {
	.what = "password file", .option = "mqtt.password_file", .path = path};

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/password", folder);
	strcpy(line, "before");
	file.path = path;
	file.option = "mqtt.password_file";
}

static void stop(void)
{
	unlink(path);
	rmdir(folder);
}

static void write_file(const char *bytes, size_t size)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (int)size);
	close(fd);
}

static iotkit_status read_line(void)
{
	return private_file_read_line(&file, line, sizeof line);
}

static iotkit_status read_back(const char *text)
{
	write_file(text, strlen(text));
	return read_line();
}

START_TEST(the_first_line_is_what_counts)
{
	static const char *const texts[] = {"right", "right\n", "right\r\n", "right\nsecond\n",
					    "right\n\n\n"};
	static const char zeroes[sizeof line - 5];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		ck_assert_int_eq(read_back(texts[i]), IOTKIT_OK);
		ck_assert_str_eq(line, "right");
		ck_assert_mem_eq(line + 5, zeroes, sizeof zeroes);
	}
	ck_assert_int_eq(read_back(" sp ace \t\n"), IOTKIT_OK);
	ck_assert_str_eq(line, " sp ace \t");
}
END_TEST

START_TEST(a_line_is_as_long_as_there_is_room)
{
	ck_assert_int_eq(read_back("123456789012345"), IOTKIT_OK);
	ck_assert_str_eq(line, "123456789012345");
	ck_assert_int_eq(read_back("123456789012345\nmore lines, much longer\n"), IOTKIT_OK);
	ck_assert_str_eq(line, "123456789012345");
	assert_fails(read_back("1234567890123456"), IOTKIT_EINVAL, "longer than 15 bytes");
	assert_fails(read_back("1234567890123456789012345678901234567890\n"), IOTKIT_EINVAL,
		     "longer than 15 bytes");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "12345"));
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(an_empty_file_is_refused)
{
	assert_fails(read_back(""), IOTKIT_EINVAL, "is empty");
	assert_fails(read_back("\nsecond\n"), IOTKIT_EINVAL, "is empty");
	assert_fails(read_back("\r\n"), IOTKIT_EINVAL, "is empty");
}
END_TEST

START_TEST(a_nul_byte_does_not_cut_the_line_silently)
{
	write_file("sec\0ret\n", 8);
	assert_fails(read_line(), IOTKIT_EINVAL, "NUL byte");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "sec"));
	write_file("\0", 1);
	assert_fails(read_line(), IOTKIT_EINVAL, "NUL byte");
	write_file("right\n\0", 7);
	ck_assert_int_eq(read_line(), IOTKIT_OK);
	ck_assert_str_eq(line, "right");
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
		assert_fails(read_line(), IOTKIT_EINVAL, mend);
	}
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "(mqtt.password_file)"));
	chmod(path, 0400);
	ck_assert_int_eq(read_line(), IOTKIT_OK);
}
END_TEST

START_TEST(what_is_no_file_is_refused_without_waiting)
{
	assert_fails(read_line(), IOTKIT_ENOENT, path);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "no password file"));
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "mqtt.password_file"));
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_fails(read_line(), IOTKIT_EINVAL, "is not a file");
	file.path = folder;
	assert_fails(read_line(), IOTKIT_EINVAL, "is not a file");
	file.path = "/dev/null";
	assert_fails(read_line(), IOTKIT_EINVAL, "is not a file");
}
END_TEST

START_TEST(a_file_that_no_option_names_has_no_brackets)
{
	file.option = "";
	assert_fails(read_line(), IOTKIT_ENOENT, path);
	ck_assert_ptr_null(strchr(iotkit_last_error(), '('));
}
END_TEST

static int read_as_nobody(void)
{
	if (chmod(folder, 0755) != 0 || seteuid(NOBODY) != 0)
		return 2;
	return read_line() == IOTKIT_ESYSTEM &&
			       strstr(iotkit_last_error(), "may not read the password file") != NULL
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}

START_TEST(a_file_of_another_user_is_refused)
{
	int status;

	if (geteuid() != 0)
		return; /* only root can become another user */
	ck_assert_int_eq(read_back("right"), IOTKIT_OK);
	pid_t child = fork();
	if (child == 0)
		_exit(read_as_nobody());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_file_that_belongs_to_another_user_is_refused_with_the_mend)
{
	char mend[256];

	if (geteuid() != 0)
		return; /* only root can give files away */
	ck_assert_int_eq(read_back("right"), IOTKIT_OK);
	ck_assert_int_eq(chown(path, NOBODY, 0), 0);
	snprintf(mend, sizeof mend, "run 'chown 0 %s'", path);
	assert_fails(read_line(), IOTKIT_EINVAL, mend);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "belongs to another user (uid 65534)"));
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "(mqtt.password_file)"));
}
END_TEST

START_TEST(a_long_path_leaves_the_mend_whole)
{
	char long_folder[400], long_path[800];

	snprintf(long_folder, sizeof long_folder, "%s/%0250d", folder, 0);
	snprintf(long_path, sizeof long_path, "%s/%0200d.txt", long_folder, 0);
	ck_assert_int_eq(mkdir(long_folder, 0700), 0);
	close(open(long_path, O_WRONLY | O_CREAT, 0600));
	chmod(long_path, 0644);
	file.path = long_path;
	assert_fails(read_line(), IOTKIT_EINVAL, "0.txt (mqtt.password_file): run 'chmod 600 /tmp");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "0.txt'"));
	unlink(long_path);
	rmdir(long_folder);
}
END_TEST

START_TEST(a_whole_file_may_have_any_bytes)
{
	char *bytes;
	size_t size;

	write_file("one\n\0two\n", 9);
	ck_assert_int_eq(private_file_read(&file, &bytes, &size), IOTKIT_OK);
	ck_assert_uint_eq(size, 9);
	ck_assert_mem_eq(bytes, "one\n\0two\n", 10);
	secret_free(bytes);
}
END_TEST

START_TEST(a_file_is_bounded)
{
	char *bytes;
	size_t size;

	write_file("x", 1);
	ck_assert_int_eq(truncate(path, PRIVATE_FILE_MAX), 0);
	ck_assert_int_eq(private_file_read(&file, &bytes, &size), IOTKIT_OK);
	ck_assert_uint_eq(size, PRIVATE_FILE_MAX);
	secret_free(bytes);
	ck_assert_int_eq(truncate(path, PRIVATE_FILE_MAX + 1), 0);
	assert_fails(private_file_read(&file, &bytes, &size), IOTKIT_EINVAL,
		     "more than 262144 bytes");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("private_file");
	TCase *lines = tcase_create("file");

	tcase_add_checked_fixture(lines, start, stop);
	tcase_add_test(lines, the_first_line_is_what_counts);
	tcase_add_test(lines, a_line_is_as_long_as_there_is_room);
	tcase_add_test(lines, an_empty_file_is_refused);
	tcase_add_test(lines, a_nul_byte_does_not_cut_the_line_silently);
	tcase_add_test(lines, a_file_that_others_can_read_is_refused_with_the_mend);
	tcase_add_test(lines, what_is_no_file_is_refused_without_waiting);
	tcase_add_test(lines, a_file_that_no_option_names_has_no_brackets);
	tcase_add_test(lines, a_file_of_another_user_is_refused);
	tcase_add_test(lines, a_file_that_belongs_to_another_user_is_refused_with_the_mend);
	tcase_add_test(lines, a_long_path_leaves_the_mend_whole);
	tcase_add_test(lines, a_whole_file_may_have_any_bytes);
	tcase_add_test(lines, a_file_is_bounded);
	suite_add_tcase(suite, lines);
	return suite_run(suite);
}
