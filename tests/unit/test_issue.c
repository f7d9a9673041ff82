/* SPDX-License-Identifier: MIT
 *
 * The parts that certificates are made of, seen through mbedTLS's own parser.
 */
#define _GNU_SOURCE /* memmem() */
#include <fcntl.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/new_file.h"
#include "suite.h"
#include "tls/x509/alt_names.h"
#include "tls/x509/compat.h"
#include "tls/x509/issue_extensions.h"
#include "tls/x509/issue_key.h"
#include "tls/x509/issue_name.h"

enum { DER_SIZE = 32768 };

static struct alt_names names;

static void start(void)
{
	alt_names_init(&names);
}

static void stop(void)
{
	alt_names_free(&names);
}

/* ---- names ---- */

START_TEST(host_names_and_addresses_are_taken)
{
	static const char *const good[] = {
		"a",        "A-1.b", "xn--grn-ioa.de", "*.b.c", "1a", "3com.com",
		"10.0.0.1", "::1",   "fd00::1:2",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ck_assert_int_eq(alt_names_add(&names, good[i]), IOTKIT_OK);
		ck_assert_uint_eq(names.count, i + 1);
	}
}
END_TEST

START_TEST(what_is_no_host_name_is_refused)
{
	static const char *const bad[] = {
		"",    "-a",       "a-",    "a..b",   ".a",        "a.",  "*",
		"*.",  "*a.b",     "a.*",   "1.2.3",  "1.2.3.4.5", "a b", "a_b",
		"a/b", "\xc3\xbc", "[::1]", "::1%lo", "a.b.99",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fails(alt_names_add(&names, bad[i]), IOTKIT_EINVAL, "neither a host name");
	ck_assert_uint_eq(names.count, 0);
}
END_TEST

START_TEST(labels_and_names_have_their_longest)
{
	char label[65], name[260] = "";

	memset(label, 'a', 63);
	strcpy(label + 63, ".");
	strcat(strcat(strcat(name, label), label), label);
	memset(name + 192, 'b', 61);
	name[253] = '\0';
	ck_assert_int_eq(alt_names_add(&names, name), IOTKIT_OK);
	strcat(name, "b");
	ck_assert_int_eq(alt_names_add(&names, name), IOTKIT_EINVAL);
	memset(label, 'a', 64);
	label[64] = '\0';
	ck_assert_int_eq(alt_names_add(&names, label), IOTKIT_EINVAL);
}
END_TEST

START_TEST(each_name_counts_once)
{
	ck_assert_int_eq(alt_names_add_list(&names, "a.b,A.B, 10.0.0.1 ,10.0.0.1,::1,0::1,a"),
			 IOTKIT_OK);
	ck_assert_uint_eq(names.count, 4);
}
END_TEST

START_TEST(an_address_is_not_a_name_of_other_letters)
{
	/* 65.66.67.68 is "ABCD" in bytes, 97.98.99.100 is "abcd". */
	ck_assert_int_eq(alt_names_add_list(&names, "65.66.67.68,97.98.99.100,ABCD"), IOTKIT_OK);
	ck_assert_uint_eq(names.count, 3);
}
END_TEST

START_TEST(a_list_has_no_gaps)
{
	ck_assert_int_eq(alt_names_add_list(&names, "a,,b"), IOTKIT_EINVAL);
	ck_assert_int_eq(alt_names_add_list(&names, "a,"), IOTKIT_EINVAL);
	ck_assert_int_eq(alt_names_add_list(&names, ""), IOTKIT_EINVAL);
}
END_TEST

START_TEST(names_are_bounded)
{
	char name[16];

	for (int i = 0; i < ALT_NAMES_MAX; i++) {
		snprintf(name, sizeof name, "n%d", i);
		ck_assert_int_eq(alt_names_add(&names, name), IOTKIT_OK);
	}
	assert_fails(alt_names_add(&names, "one-more"), IOTKIT_EINVAL, "64");
	ck_assert_int_eq(alt_names_add(&names, "N7"), IOTKIT_OK);
}
END_TEST

START_TEST(common_names_are_checked)
{
	char name[200] = "";

	ck_assert_int_eq(issue_name_check("a"), IOTKIT_OK);
	ck_assert_int_eq(issue_name_check("CN=a, \"b\" + \\ #"), IOTKIT_OK);
	for (int i = 0; i < 64; i++)
		strcat(name, "\xc3\xbc");
	ck_assert_int_eq(issue_name_check(name), IOTKIT_OK);
	assert_fails(issue_name_check(strcat(name, "x")), IOTKIT_EINVAL, "65 characters");
	assert_fails(issue_name_check(""), IOTKIT_EINVAL, "empty");
	assert_fails(issue_name_check("a\tb"), IOTKIT_EINVAL, "control");
	assert_fails(issue_name_check("\xff"), IOTKIT_EINVAL, "UTF-8");
}
END_TEST

/* ---- whole certificates ---- */

static void make(mbedtls_x509_crt *made, int32_t kind, const mbedtls_x509_crt *copied)
{
	static unsigned char der[DER_SIZE], serial[] = {0x41};
	mbedtls_x509write_cert writer;
	mbedtls_pk_context key;

	mbedtls_pk_init(&key);
	mbedtls_x509write_crt_init(&writer);
	ck_assert_int_eq(issue_key_make(IOTKIT_KEY_EC_P256, &key), 0);
	mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(&writer, &key);
	mbedtls_x509write_crt_set_issuer_key(&writer, &key);
	ck_assert_int_eq(compat_set_serial(&writer, serial, sizeof serial), 0);
	ck_assert_int_eq(
		mbedtls_x509write_crt_set_validity(&writer, "20260101000000", "20270101000000"), 0);
	mbedtls_asn1_named_data **subject = &writer.MBEDTLS_PRIVATE(subject);
	ck_assert_int_eq(copied != NULL ? issue_name_copy(subject, &copied->subject)
					: issue_name_set(subject, "a, b"),
			 0);
	ck_assert_int_eq(issue_name_set(&writer.MBEDTLS_PRIVATE(issuer), "c"), 0);
	ck_assert_int_eq(issue_uses(&writer, kind, &key), 0);
	ck_assert_int_eq(issue_key_identifiers(&writer, copied, copied), 0);
	ck_assert_int_eq(alt_names_write(&names, &writer), 0);
	int size = mbedtls_x509write_crt_der(&writer, der, sizeof der, compat_random, NULL);
	ck_assert_int_gt(size, 0);
	mbedtls_x509_crt_init(made);
	ck_assert_int_eq(mbedtls_x509_crt_parse_der(made, der + sizeof der - size, (size_t)size),
			 0);
	mbedtls_x509write_crt_free(&writer);
	mbedtls_pk_free(&key);
}

START_TEST(names_come_back_as_they_were_put_in)
{
	mbedtls_x509_crt made;
	struct alt_names copy;

	ck_assert_int_eq(alt_names_add_list(&names, "dev,10.0.0.1,::1"), IOTKIT_OK);
	make(&made, IOTKIT_CERTIFICATE_SERVER, NULL);
	alt_names_init(&copy);
	ck_assert_int_eq(alt_names_copy(&copy, &made), IOTKIT_OK);
	ck_assert_uint_eq(copy.count, 3);
	ck_assert_uint_eq(copy.der.size, names.der.size);
	ck_assert_mem_eq(copy.der.bytes, names.der.bytes, copy.der.size);
	alt_names_free(&copy);
	mbedtls_x509_crt_free(&made);
}
END_TEST

START_TEST(many_long_names_come_back_too)
{
	mbedtls_x509_crt made;
	struct alt_names copy;
	char name[254];

	for (int i = 0; i < ALT_NAMES_MAX; i++) {
		for (int at = 0; at < 253; at++)
			name[at] = at % 60 == 59 ? '.' : 'x';
		name[0] = (char)('0' + i / 8);
		name[1] = (char)('0' + i % 8);
		name[253] = '\0';
		ck_assert_int_eq(alt_names_add(&names, name), IOTKIT_OK);
	}
	make(&made, IOTKIT_CERTIFICATE_SERVER, NULL);
	alt_names_init(&copy);
	ck_assert_int_eq(alt_names_copy(&copy, &made), IOTKIT_OK);
	ck_assert_uint_eq(copy.count, ALT_NAMES_MAX);
	alt_names_free(&copy);
	mbedtls_x509_crt_free(&made);
}
END_TEST

START_TEST(a_copied_subject_is_the_same_to_the_byte)
{
	mbedtls_x509_crt made, again;

	make(&made, IOTKIT_CERTIFICATE_CA, NULL);
	make(&again, IOTKIT_CERTIFICATE_CA, &made);
	ck_assert_uint_eq(made.subject_raw.len, again.subject_raw.len);
	ck_assert_mem_eq(made.subject_raw.p, again.subject_raw.p, made.subject_raw.len);
	ck_assert_ptr_nonnull(memmem(made.subject_raw.p, made.subject_raw.len,
				     "\x0c\x04"
				     "a, b",
				     6));
	mbedtls_x509_crt_free(&made);
	mbedtls_x509_crt_free(&again);
}
END_TEST

/* How often the bytes come in the certificate's extensions. */
static int count_in_extensions(const mbedtls_x509_crt *made, const unsigned char *bytes,
			       size_t size)
{
	const unsigned char *at = made->v3_ext.p, *end = at + made->v3_ext.len;
	int count = 0;

	while ((at = memmem(at, (size_t)(end - at), bytes, size)) != NULL) {
		at += size;
		count++;
	}
	return count;
}

START_TEST(a_follower_has_the_key_identifier_of_the_one_before)
{
	/* subjectKeyIdentifier, then 20 bytes. Source: RFC 5280 section 4.2.1.2 */
	static const unsigned char head[] = {0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14};
	mbedtls_x509_crt made, again;

	make(&made, IOTKIT_CERTIFICATE_CA, NULL);
	make(&again, IOTKIT_CERTIFICATE_CA, &made);
	const unsigned char *own = memmem(made.v3_ext.p, made.v3_ext.len, head, sizeof head);
	ck_assert_ptr_nonnull(own);
	/* As its own name and as its signer's, although its key is another one here. */
	ck_assert_int_eq(count_in_extensions(&again, own, sizeof head + 20), 1);
	ck_assert_int_eq(count_in_extensions(&again, own + sizeof head, 20), 2);
	mbedtls_x509_crt_free(&made);
	mbedtls_x509_crt_free(&again);
}
END_TEST

/* ---- files ---- */

static char folder[32], path[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/iotkit-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void assert_file(const char *text, mode_t mode)
{
	char bytes[16] = "";
	struct stat status;
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, mode);
	ck_assert_int_ge(read(fd, bytes, sizeof bytes - 1), 0);
	ck_assert_str_eq(bytes, text);
	close(fd);
}

START_TEST(a_new_file_replaces_nothing)
{
	struct new_file file = {.what = "key", .path = path, .text = "one", .secret = true};

	ck_assert_int_eq(new_file_write(&file), IOTKIT_OK);
	assert_file("one", 0600);
	file.text = "two";
	assert_fails(new_file_write(&file), IOTKIT_EEXIST, "key file");
	assert_file("one", 0600);
}
END_TEST

START_TEST(a_replaced_file_is_another_one)
{
	struct new_file file = {.what = "certificate", .path = path, .text = "one"};

	ck_assert_int_eq(new_file_write(&file), IOTKIT_OK);
	/* Who has it open goes on reading the old one whole. */
	int fd = open(path, O_RDONLY);
	char old[8] = "";
	file.text = "two";
	file.replace = true;
	ck_assert_int_eq(new_file_write(&file), IOTKIT_OK);
	assert_file("two", 0644);
	ck_assert_int_eq(read(fd, old, sizeof old - 1), 3);
	ck_assert_str_eq(old, "one");
	close(fd);
}
END_TEST

START_TEST(a_dangling_link_is_not_followed)
{
	const struct new_file file = {.what = "key", .path = path, .text = "one", .secret = true};

	ck_assert_int_eq(symlink("elsewhere", path), 0);
	assert_fails(new_file_check_absent(path, "key"), IOTKIT_EEXIST, "exists");
	assert_fails(new_file_write(&file), IOTKIT_EEXIST, "exists");
}
END_TEST

START_TEST(a_missing_folder_is_told)
{
	const struct new_file file = {.what = "key", .path = "/none/file", .text = "x"};

	assert_fails(new_file_write(&file), IOTKIT_ENOENT, "mkdir");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("issue");
	TCase *parts = tcase_create("parts");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(parts, start, stop);
	tcase_add_test(parts, host_names_and_addresses_are_taken);
	tcase_add_test(parts, what_is_no_host_name_is_refused);
	tcase_add_test(parts, labels_and_names_have_their_longest);
	tcase_add_test(parts, each_name_counts_once);
	tcase_add_test(parts, an_address_is_not_a_name_of_other_letters);
	tcase_add_test(parts, a_list_has_no_gaps);
	tcase_add_test(parts, names_are_bounded);
	tcase_add_test(parts, common_names_are_checked);
	tcase_add_test(parts, names_come_back_as_they_were_put_in);
	tcase_add_test(parts, many_long_names_come_back_too);
	tcase_add_test(parts, a_copied_subject_is_the_same_to_the_byte);
	tcase_add_test(parts, a_follower_has_the_key_identifier_of_the_one_before);
	suite_add_tcase(suite, parts);
	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, a_new_file_replaces_nothing);
	tcase_add_test(files, a_replaced_file_is_another_one);
	tcase_add_test(files, a_dangling_link_is_not_followed);
	tcase_add_test(files, a_missing_folder_is_told);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
