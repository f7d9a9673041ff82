/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"
#include "tls/keylog.h"
#include "workshop.h"

enum { NOBODY = 65534 };

static struct keylog keylog;

static void assert_opens(const char *path)
{
	ck_assert_msg(keylog_open(&keylog, path) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_int_ge(keylog.fd, 0);
}

static void assert_refused(const char *name, const char *part)
{
	assert_fails(keylog_open(&keylog, at(name)), IOTKIT_EINVAL, part);
	ck_assert_int_eq(keylog.fd, -1);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "(keylog.file)"));
}

START_TEST(without_a_path_it_is_off)
{
	ck_assert_int_eq(keylog_open(&keylog, ""), IOTKIT_OK);
	ck_assert_int_eq(keylog.fd, -1);
	keylog_close(&keylog);
}
END_TEST

START_TEST(it_is_made_for_its_owner_alone)
{
	struct stat file;

	assert_opens(at("keys"));
	ck_assert_int_eq(fstat(keylog.fd, &file), 0);
	ck_assert_int_eq(file.st_mode & 0777, 0600);
	keylog_close(&keylog);
}
END_TEST

START_TEST(a_line_has_label_random_and_secret)
{
	static const unsigned char random[COMPAT_RANDOM_SIZE] = {1, 0xfe};
	unsigned char secret[48] = {0xab};
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;

	mbedtls_ssl_config_init(&config);
	mbedtls_ssl_init(&ssl);
	assert_opens(at("keys"));
	keylog_attach(&keylog, &config, &ssl);
	keylog.sink.take(keylog.sink.context, "CLIENT_RANDOM", random, secret, sizeof secret);
	keylog_close(&keylog);
	assert_opens(at("keys"));
	keylog_attach(&keylog, &config, &ssl);
	keylog.sink.take(keylog.sink.context, "SECOND", random, secret, 1);
	keylog_close(&keylog);
	sh("test \"$(cat keys)\" = \"$(printf 'CLIENT_RANDOM 01fe%%060d ab%%094d\\n"
	   "SECOND 01fe%%060d ab' 0 0 0)\"");
	mbedtls_ssl_free(&ssl);
	mbedtls_ssl_config_free(&config);
}
END_TEST

START_TEST(what_others_can_read_is_refused)
{
	sh("touch keys; chmod 640 keys");
	assert_refused("keys", "run 'chmod 600 /");
}
END_TEST

START_TEST(what_another_user_owns_is_refused)
{
	if (geteuid() != 0)
		return; /* only root can give files away */
	sh("touch keys");
	ck_assert_int_eq(chown(at("keys"), NOBODY, NOBODY), 0);
	assert_refused("keys", "belongs to another user (uid 65534)");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "run 'chown 0 /"));
}
END_TEST

START_TEST(a_symbolic_link_is_refused)
{
	sh("touch keys; ln -s keys link; ln -s nowhere loose");
	assert_refused("link", "is a symbolic link");
	assert_refused("loose", "is a symbolic link");
	sh("! test -e nowhere");
}
END_TEST

START_TEST(what_is_no_file_is_refused_without_waiting)
{
	sh("mkfifo fifo");
	assert_refused("fifo", "is not a file");
	int reader = open(at("fifo"), O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(reader, 0);
	assert_refused("fifo", "is not a file");
	close(reader);
}
END_TEST

START_TEST(a_long_path_leaves_the_mend_whole)
{
	char path[600];

	sh("d=$(printf '%%0250d' 0); mkdir $d; touch $d/keys; chmod 644 $d/keys");
	snprintf(path, sizeof path, "%s/%0250d/keys", workshop, 0);
	assert_fails(keylog_open(&keylog, path), IOTKIT_EINVAL, "0/keys (keylog.file): run 'chmod");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "0/keys'"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keylog");
	TCase *tests = tcase_create("keylog");

	tcase_add_checked_fixture(tests, workshop_open, workshop_close);
	tcase_add_test(tests, without_a_path_it_is_off);
	tcase_add_test(tests, it_is_made_for_its_owner_alone);
	tcase_add_test(tests, a_line_has_label_random_and_secret);
	tcase_add_test(tests, what_others_can_read_is_refused);
	tcase_add_test(tests, what_another_user_owns_is_refused);
	tcase_add_test(tests, a_symbolic_link_is_refused);
	tcase_add_test(tests, what_is_no_file_is_refused_without_waiting);
	tcase_add_test(tests, a_long_path_leaves_the_mend_whole);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
