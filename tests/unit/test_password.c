/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "mqtt/password.h"
#include "suite.h"

static char folder[64];
static char path[128];
static struct session_settings settings;
static char *password;

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/password", folder);
	settings = (struct session_settings){
		.username = "anna", .password = "", .password_file = "", .version_5 = true};
	password = NULL;
}

static void stop(void)
{
	secret_free(password);
	unlink(path);
	rmdir(folder);
}

static void write_password(const char *text)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	settings.password_file = path;
}

static void assert_password(const char *expected)
{
	secret_free(password);
	password = NULL;
	ck_assert_msg(password_get(&settings, &password) == IOTKIT_OK, "%s", iotkit_last_error());
	if (expected == NULL) {
		ck_assert_ptr_null(password);
		return;
	}
	ck_assert_ptr_nonnull(password);
	ck_assert_str_eq(password, expected);
}

static void assert_refused(const char *part)
{
	assert_fails(password_get(&settings, &password), IOTKIT_EINVAL, part);
	ck_assert_ptr_null(password);
}

START_TEST(without_option_and_file_there_is_none)
{
	assert_password(NULL);
	settings.version_5 = false;
	settings.username = "";
	assert_password(NULL);
}
END_TEST

START_TEST(the_option_is_copied_as_it_is)
{
	settings.password = " sp ace \t\n";
	assert_password(" sp ace \t\n");
	ck_assert_ptr_ne(password, settings.password);
}
END_TEST

START_TEST(the_first_line_of_the_file_is_the_password)
{
	static const char *const texts[] = {"right", "right\n", "right\r\n", "right\nsecond\n",
					    "right\n\n\n"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		write_password(texts[i]);
		assert_password("right");
	}
	write_password(" sp ace \t\n");
	assert_password(" sp ace \t");
}
END_TEST

START_TEST(the_file_wins_over_the_option)
{
	settings.password = "wrong";
	write_password("right");
	assert_password("right");
}
END_TEST

START_TEST(the_file_is_read_anew_each_time)
{
	write_password("before");
	assert_password("before");
	write_password("after");
	assert_password("after");
}
END_TEST

START_TEST(a_password_has_at_most_65535_bytes)
{
	static char longest[65535 + 2];

	memset(longest, 'x', 65535);
	write_password(longest);
	assert_password(longest);
	longest[65535] = 'x';
	write_password(longest);
	secret_free(password);
	password = NULL;
	assert_refused("longer than 65535 bytes");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "xxxx"));
}
END_TEST

START_TEST(what_is_wrong_with_the_file_only_a_person_can_mend)
{
	char mend[256];

	settings.password_file = path;
	assert_refused("there is no password file");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), path));
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "mqtt.password_file"));
	write_password("");
	assert_refused("is empty");
	write_password("right");
	chmod(path, 0640);
	snprintf(mend, sizeof mend, "chmod 600 %s", path);
	assert_refused(mend);
	settings.password_file = folder;
	assert_refused("is not a file");
}
END_TEST

START_TEST(mqtt_3_has_no_password_without_a_user)
{
	settings.username = "";
	settings.password = "right";
	assert_password("right");
	settings.version_5 = false;
	secret_free(password);
	password = NULL;
	assert_refused("mqtt.username");
	settings.password = "";
	write_password("right");
	assert_refused("mqtt.username");
	settings.username = "anna";
	assert_password("right");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("password");
	TCase *get = tcase_create("get");

	tcase_add_checked_fixture(get, start, stop);
	tcase_add_test(get, without_option_and_file_there_is_none);
	tcase_add_test(get, the_option_is_copied_as_it_is);
	tcase_add_test(get, the_first_line_of_the_file_is_the_password);
	tcase_add_test(get, the_file_wins_over_the_option);
	tcase_add_test(get, the_file_is_read_anew_each_time);
	tcase_add_test(get, a_password_has_at_most_65535_bytes);
	tcase_add_test(get, what_is_wrong_with_the_file_only_a_person_can_mend);
	tcase_add_test(get, mqtt_3_has_no_password_without_a_user);
	suite_add_tcase(suite, get);
	return suite_run(suite);
}
