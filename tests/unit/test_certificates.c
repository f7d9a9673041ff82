/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "iotkit.h"
#include "suite.h"

enum { PATH_SIZE = 64, TEXT_SIZE = 16384 };

static char folder[32];
static char ca_file[PATH_SIZE], ca_key[PATH_SIZE], file[PATH_SIZE], key[PATH_SIZE];

static void set_path(char path[PATH_SIZE], const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", folder, name);
}

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	set_path(ca_file, "ca.crt");
	set_path(ca_key, "ca.key");
	set_path(file, "dev.crt");
	set_path(key, "dev.key");
}

static void stop(void)
{
	unlink(ca_file);
	unlink(ca_key);
	unlink(file);
	unlink(key);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left */
}

static iotkit_certificate_request ca_request(void)
{
	return (iotkit_certificate_request){.struct_size = sizeof(iotkit_certificate_request),
					    .kind = IOTKIT_CERTIFICATE_CA,
					    .name = "CA",
					    .certificate_file = ca_file,
					    .key_file = ca_key};
}

static iotkit_certificate_request server_request(void)
{
	return (iotkit_certificate_request){.struct_size = sizeof(iotkit_certificate_request),
					    .kind = IOTKIT_CERTIFICATE_SERVER,
					    .name = "dev",
					    .certificate_file = file,
					    .key_file = key,
					    .ca_certificate_file = ca_file,
					    .ca_key_file = ca_key};
}

static void make_both(void)
{
	iotkit_certificate_request ca = ca_request(), server = server_request();

	ck_assert_int_eq(iotkit_create_certificate(&ca), IOTKIT_OK);
	ck_assert_int_eq(iotkit_create_certificate(&server), IOTKIT_OK);
}

static const char *describe(const char *path)
{
	static char text[TEXT_SIZE];

	ck_assert_int_eq(iotkit_describe_certificate(path, text, sizeof text), IOTKIT_OK);
	return text;
}

START_TEST(defaults_are_ten_years_and_825_days)
{
	make_both();
	ck_assert_ptr_nonnull(strstr(describe(ca_file), "(expires in 3650 days)"));

	ck_assert_ptr_nonnull(strstr(describe(file), "(expires in 825 days)"));
	ck_assert_ptr_nonnull(strstr(describe(file), "EC, 256 bits"));
}
END_TEST

START_TEST(a_request_of_a_later_version_is_understood)
{
	struct {
		iotkit_certificate_request known;
		void *later;
	} request = {.known = ca_request()};

	request.known.struct_size = sizeof request;
	ck_assert_int_eq(iotkit_create_certificate(&request.known), IOTKIT_OK);
}
END_TEST

START_TEST(requests_that_cannot_be_are_refused_one_by_one)
{
	iotkit_certificate_request request = ca_request();
#define REFUSED(change, part)                                                                      \
	request = server_request();                                                                \
	change;                                                                                    \
	assert_fails(iotkit_create_certificate(&request), IOTKIT_EINVAL, part)

	assert_fails(iotkit_create_certificate(NULL), IOTKIT_EINVAL, "NULL");
	REFUSED(request.struct_size = 0, "struct_size is 0");
	REFUSED(request.struct_size = sizeof request - 1, "struct_size");
	REFUSED(request.struct_size = UINT32_MAX, "struct_size");
	REFUSED(request.kind = 0, "no kind of certificate 0");
	REFUSED(request.kind = 4, "no kind of certificate 4");
	REFUSED(request.key = -1, "no kind of key -1");
	REFUSED(request.key = 4, "no kind of key 4");
	REFUSED(request.days = -1, "not -1");
	REFUSED(request.days = 36501, "not 36501");
	REFUSED(request.reserved = 1, "reserved");
	REFUSED(request.certificate_file = NULL, "certificate_file and key_file");
	REFUSED(request.key_file = NULL, "certificate_file and key_file");
	REFUSED(request.key_file = file, "cannot both be written");
	REFUSED(request.ca_certificate_file = NULL, "a CA must sign");
	REFUSED(request.ca_key_file = NULL, "a CA must sign");
	REFUSED(request.kind = IOTKIT_CERTIFICATE_CA, "a CA signs itself");
	REFUSED(request.name = NULL, "needs a name");
	REFUSED((request.kind = IOTKIT_CERTIFICATE_CLIENT, request.alternative_names = "x"),
		"only a server's");
	REFUSED((request.renew = 1, request.name = NULL, request.alternative_names = "x"),
		"give both");
	REFUSED((request.renew = 1, request.key = IOTKIT_KEY_EC_P256), "keeps its key");
	request = ca_request();
	request.renew = 1;
	assert_fails(iotkit_create_certificate(&request), IOTKIT_EINVAL, "keeps its name");
#undef REFUSED
}
END_TEST

START_TEST(what_exists_or_is_missing_has_its_code)
{
	iotkit_certificate_request ca = ca_request(), server = server_request();

	assert_fails(iotkit_create_certificate(&server), IOTKIT_ENOENT, "make a CA first");
	make_both();
	assert_fails(iotkit_create_certificate(&ca), IOTKIT_EEXIST, "exists already");
	unlink(ca_key);
	unlink(file);
	unlink(key);
	assert_fails(iotkit_create_certificate(&server), IOTKIT_ENOENT, "ca.key");
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_to_is_told)
{
	iotkit_certificate_request request = ca_request();

	request.key_file = "/proc/none.key";
	ck_assert_int_ne(iotkit_create_certificate(&request), IOTKIT_OK);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "cannot write the key file"));
}
END_TEST

START_TEST(a_key_is_taken_back_when_its_certificate_cannot_be_written)
{
	iotkit_certificate_request request = ca_request();

	request.certificate_file = "/proc/none.crt";
	ck_assert_int_ne(iotkit_create_certificate(&request), IOTKIT_OK);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "the certificate file /proc/none.crt"));
	ck_assert_int_ne(access(ca_key, F_OK), 0);
}
END_TEST

START_TEST(a_server_takes_a_list_with_blanks)
{
	iotkit_certificate_request ca = ca_request(), request = server_request();

	ck_assert_int_eq(iotkit_create_certificate(&ca), IOTKIT_OK);
	request.alternative_names = "dev.local, 10.0.0.1 ,DEV";
	ck_assert_int_eq(iotkit_create_certificate(&request), IOTKIT_OK);
	ck_assert_ptr_nonnull(strstr(describe(file), "names:        dev, dev.local, 10.0.0.1\n"));
}
END_TEST

START_TEST(a_description_needs_room_and_a_path)
{
	char text[100];

	make_both();
	assert_fails(iotkit_describe_certificate(NULL, text, sizeof text), IOTKIT_EINVAL, "path");
	assert_fails(iotkit_describe_certificate(file, NULL, 10), IOTKIT_EINVAL, "buffer");
	assert_fails(iotkit_describe_certificate(file, text, 0), IOTKIT_EINVAL, "buffer");
	assert_fails(iotkit_describe_certificate(file, text, sizeof text), IOTKIT_EINVAL,
		     "does not fit into a buffer of 100 bytes");
	assert_fails(iotkit_describe_certificate("/none", text, sizeof text), IOTKIT_ENOENT,
		     "/none");
}
END_TEST

START_TEST(a_description_fits_exactly)
{
	char text[TEXT_SIZE];

	make_both();
	size_t size = strlen(describe(file)) + 1;
	ck_assert_int_eq(iotkit_describe_certificate(file, text, size), IOTKIT_OK);
	ck_assert_uint_eq(strlen(text), size - 1);
	ck_assert_int_eq(iotkit_describe_certificate(file, text, size - 1), IOTKIT_EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("certificates");
	TCase *certificates = tcase_create("certificates");

	tcase_set_timeout(certificates, 60);
	tcase_add_checked_fixture(certificates, start, stop);
	tcase_add_test(certificates, defaults_are_ten_years_and_825_days);
	tcase_add_test(certificates, a_request_of_a_later_version_is_understood);
	tcase_add_test(certificates, requests_that_cannot_be_are_refused_one_by_one);
	tcase_add_test(certificates, what_exists_or_is_missing_has_its_code);
	tcase_add_test(certificates, a_folder_that_cannot_be_written_to_is_told);
	tcase_add_test(certificates, a_key_is_taken_back_when_its_certificate_cannot_be_written);
	tcase_add_test(certificates, a_server_takes_a_list_with_blanks);
	tcase_add_test(certificates, a_description_needs_room_and_a_path);
	tcase_add_test(certificates, a_description_fits_exactly);
	suite_add_tcase(suite, certificates);
	return suite_run(suite);
}
