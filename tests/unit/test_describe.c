/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"
#include "test_ca.h"
#include "tls/x509/describe.h"
#include "tls/x509/words.h"

static struct buffer out;
static char path[] = "/tmp/iotkit-unit-XXXXXX";

static void start(void)
{
	buffer_init(&out, 4096);
	strcpy(path, "/tmp/iotkit-unit-XXXXXX");
	close(mkstemp(path));
}

static void stop(void)
{
	unlink(path);
	buffer_free(&out);
}

static void write_file(const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static const char *text(void)
{
	ck_assert_int_eq(buffer_append(&out, "", 1), IOTKIT_OK);
	out.size--;
	return out.bytes;
}

/* Made by openssl for this test: a key that guards nothing. */
static const char key_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpka073eDhWxgCUIq\n"
			      "ntrM2tPkMiMFuIb5kaC3hIhUUfuhRANCAAQIwqfz7oXMgOLMJcb6BXMqA+zKLL+I\n"
			      "7+fj5CIN5sSs5ZJHgUw3XH3L0gkE8YI8dKcJqBtKlsykOMg5UdscaI+P\n"
			      "-----END PRIVATE KEY-----\n";

START_TEST(lines_have_one_column)
{
	struct words words = {.out = &out};

	words_line(&words, "a", "%d", 1);
	words_line(&words, "a long label it is", "%s", "2");
	words_gap(&words);
	words_begin(&words, "hex");
	words_add_hex(&words, (const unsigned char *)"\x01\xff", 2, ":");
	words_end(&words);
	ck_assert_int_eq(words.status, IOTKIT_OK);
	ck_assert_str_eq(text(), "a:            1\n"
				 "a long label it is: 2\n"
				 "\n"
				 "hex:          01:ff\n");
}
END_TEST

START_TEST(no_gap_comes_first)
{
	struct words words = {.out = &out};

	words_gap(&words);
	ck_assert_uint_eq(out.size, 0);
}
END_TEST

START_TEST(what_could_steer_a_terminal_is_escaped)
{
	static const char evil[] = "a\x1b[0m\n\x7f\\\xff\xc2\x9b\xe2\x80\xae\xc3\xbc\0z";
	struct words words = {.out = &out};

	words_add_text(&words, evil, sizeof evil - 1);
	ck_assert_str_eq(text(), "a\\x1b[0m\\x0a\\x7f\\x5c\\xff\\xc2\\x9b\\xe2\\x80\\xae\xc3\xbc"
				 "\\x00z");
}
END_TEST

START_TEST(a_full_buffer_is_remembered)
{
	struct words words = {.out = &out};

	buffer_init(&out, 16);
	words_line(&words, "a", "%s", "much too long");
	words_line(&words, "b", "c");
	ck_assert_int_eq(words.status, IOTKIT_EFULL);
}
END_TEST

START_TEST(a_key_shows_nothing_of_itself)
{
	write_file(key_pem, sizeof key_pem - 1);
	ck_assert_int_eq(describe_file(path, &out), IOTKIT_OK);
	ck_assert_str_eq(text(), "private key:  EC, 256 bits\n");
}
END_TEST

START_TEST(a_key_that_others_can_read_is_warned_of)
{
	write_file(key_pem, sizeof key_pem - 1);
	chmod(path, 0640);
	ck_assert_int_eq(describe_file(path, &out), IOTKIT_OK);
	ck_assert_ptr_nonnull(strstr(text(), "chmod 600 "));
}
END_TEST

START_TEST(text_around_pem_does_not_matter)
{
	char around[1024];
	int size =
		snprintf(around, sizeof around, "Bag Attributes\n%s\nmore\n%s", key_pem, key_pem);

	write_file(around, (size_t)size);
	ck_assert_int_eq(describe_file(path, &out), IOTKIT_OK);
	ck_assert_str_eq(text(), "private key:  EC, 256 bits\n\nprivate key:  EC, 256 bits\n");
}
END_TEST

START_TEST(a_damaged_block_is_told_beside_the_good_one)
{
	char both[1024];
	int size = snprintf(both, sizeof both,
			    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n%s",
			    key_pem);

	write_file(both, (size_t)size);
	ck_assert_int_eq(describe_file(path, &out), IOTKIT_OK);
	ck_assert_ptr_nonnull(strstr(text(), "damaged:      a certificate"));
	ck_assert_ptr_nonnull(strstr(text(), "private key:  EC"));
}
END_TEST

START_TEST(every_cut_of_a_key_is_refused)
{
	for (size_t size = 1; size < sizeof key_pem - 8; size++) {
		write_file(key_pem, size);
		ck_assert_int_eq(describe_file(path, &out), IOTKIT_EINVAL);
		buffer_clear(&out);
	}
}
END_TEST

static const char *describe_one(const struct test_certificate *wanted)
{
	struct test_ca ca;

	test_ca_open(&ca);
	test_ca_issue(&ca, wanted);
	buffer_clear(&out);
	ck_assert_int_eq(describe_file(test_ca_path(&ca, wanted->name, ".crt"), &out), IOTKIT_OK);
	test_ca_close(&ca);
	return text();
}

START_TEST(names_are_those_that_a_host_is_compared_with)
{
	struct test_certificate wanted = {.name = "a", .subject = "/CN=dev.local/O=x"};

	wanted.extensions = "subjectAltName=DNS:a.b,IP:10.0.0.1,IP:fd00::5,email:a@b,URI:http://c,"
			    "RID:1.2.3\n";
	ck_assert_ptr_nonnull(strstr(describe_one(&wanted),
				     "\nnames:        a.b, 10.0.0.1, fd00::5, a@b, http://c, "
				     "(another kind of name)\n"));
	wanted.extensions = "";
	ck_assert_ptr_nonnull(
		strstr(describe_one(&wanted), "\nnames:        dev.local (its common name)\n"));
	wanted.subject = "/O=x";
	ck_assert_ptr_null(strstr(describe_one(&wanted), "names:"));
}
END_TEST

START_TEST(one_day_is_one_day)
{
	char end[32];
	time_t then = time(NULL) + 86400 + 3600;
	struct tm tm;
	struct test_certificate wanted = {
		.name = "a", .subject = "/CN=dev", .extensions = "", .end = end};

	gmtime_r(&then, &tm);
	strftime(end, sizeof end, "%Y%m%d%H%M%SZ", &tm);
	ck_assert_ptr_nonnull(strstr(describe_one(&wanted), "(expires in 1 day)"));
}
END_TEST

START_TEST(what_is_none_is_named)
{
	write_file("hello\n", 6);
	assert_fails(describe_file(path, &out), IOTKIT_EINVAL, "text that is not PEM");
	write_file("\x30\x03\x02\x01\x03\0\0", 7);
	assert_fails(describe_file(path, &out), IOTKIT_EINVAL, "PKCS #12");
	write_file("\x01\x02\x03", 3);
	assert_fails(describe_file(path, &out), IOTKIT_EINVAL, "binary data");
	write_file("", 0);
	assert_fails(describe_file(path, &out), IOTKIT_EINVAL, "empty");
	assert_fails(describe_file("/none", &out), IOTKIT_ENOENT, "/none");
	assert_fails(describe_file("/tmp", &out), IOTKIT_EINVAL, "not a file");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("describe");
	TCase *describe = tcase_create("describe");

	tcase_add_checked_fixture(describe, start, stop);
	tcase_add_test(describe, lines_have_one_column);
	tcase_add_test(describe, no_gap_comes_first);
	tcase_add_test(describe, what_could_steer_a_terminal_is_escaped);
	tcase_add_test(describe, a_full_buffer_is_remembered);
	tcase_add_test(describe, a_key_shows_nothing_of_itself);
	tcase_add_test(describe, a_key_that_others_can_read_is_warned_of);
	tcase_add_test(describe, text_around_pem_does_not_matter);
	tcase_add_test(describe, a_damaged_block_is_told_beside_the_good_one);
	tcase_add_test(describe, every_cut_of_a_key_is_refused);
	tcase_add_test(describe, names_are_those_that_a_host_is_compared_with);
	tcase_add_test(describe, one_day_is_one_day);
	tcase_add_test(describe, what_is_none_is_named);
	suite_add_tcase(suite, describe);
	return suite_run(suite);
}
