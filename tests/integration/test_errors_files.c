/* SPDX-License-Identifier: MIT
 *
 * Every error that iotkit.h documents, of files: outboxes, memories of repeats, certificates.
 * tests/abi/errors.txt says which test provokes which.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "scarce.h"
#include "suite.h"

enum { UNSET = 77, PATH_SIZE = 128, PAGE_SIZE = 4096, VERSION_AT = 60 };

static char folder[64], box[PATH_SIZE], other[PATH_SIZE];
static iotkit *iot;
static uint64_t count; /* what no failing call may change */
static iotkit_outbox_summary summary;
static iotkit_outbox_rows *rows;

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-errors-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(box, sizeof box, "%s/box", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	iot = expect_open(NULL, NULL);
	count = UNSET;
	summary = (iotkit_outbox_summary){.struct_size = sizeof summary, .rows = UNSET};
	rows = NULL;
}

static void stop(void)
{
	struct dirent *entry;
	char path[PATH_SIZE + 256];

	scarce_end();
	iotkit_close(iot);
	DIR *entries = opendir(folder);
	ck_assert_ptr_nonnull(entries);
	ck_assert_uint_eq(count, UNSET);
	ck_assert_uint_eq(summary.rows, UNSET);
	ck_assert_ptr_null(rows);
	while ((entry = readdir(entries)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	closedir(entries);
	rmdir(folder);
}

static void write_at(const char *path, long offset, const void *bytes, size_t size)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(pwrite(file, bytes, size, offset), (ssize_t)size);
	close(file);
}

/* An outbox with so many messages, which nobody has open. */
static void fill_box(int messages)
{
	iotkit *writer = expect_open(NULL, (const char *const[]){"outbox.path", box, NULL});

	for (int i = 0; i < messages; i++)
		expect_published(writer, "topic", "a payload of some length, that fills a page", 1);
	iotkit_close(writer);
}

/* SQLite's user_version, by which the library knows its schema. */
static void make_newer(void)
{
	write_at(box, VERSION_AT, "\0\0\0\x63", 4);
}

/* ---- the outbox of a handle ---- */

START_TEST(an_outbox_that_cannot_be_opened_is_told)
{
	iotkit *second = expect_open(NULL, NULL);

	assert_fails(iotkit_set_option(iot, "outbox.path", "/nowhere/box"), IOTKIT_ESYSTEM,
		     "no folder /nowhere");
	fill_box(1);
	ck_assert_int_eq(iotkit_set_option(iot, "outbox.path", box), IOTKIT_OK);
	assert_fails(iotkit_set_option(second, "outbox.path", box), IOTKIT_EBUSY, "box");
	assert_fails(iotkit_set_option(iot, "outbox.path", other), IOTKIT_ESTATE, "outbox.path");
	iotkit_close(second);
}
END_TEST

START_TEST(an_outbox_of_a_newer_library_is_left_alone)
{
	fill_box(1);
	make_newer();
	assert_fails(iotkit_set_option(iot, "outbox.path", box), IOTKIT_ENOTSUP, "newer");
}
END_TEST

START_TEST(a_message_that_cannot_be_saved_is_not_taken)
{
	ck_assert_int_eq(iotkit_set_option(iot, "outbox.path", box), IOTKIT_OK);
	ck_assert_int_eq(iotkit_publish(iot, "t", "x", 1, 1, 0, NULL), IOTKIT_OK);
	scarce_disk();
	assert_fails(iotkit_publish(iot, "t", "x", 1, 1, 0, &count), IOTKIT_ESYSTEM, "box");
	assert_fails(iotkit_publish_metric(iot, "d", "n", 1, NULL, 0), IOTKIT_ESYSTEM, "box");
	scarce_end();
	ck_assert_int_eq(iotkit_publish(iot, "t", "x", 1, 1, 0, NULL), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).waiting, 2);
}
END_TEST

/* ---- looking into one ---- */

START_TEST(what_is_no_outbox_is_told_to_who_looks_into_it)
{
	write_at(other, 0, "something else", 14);
	assert_fails(iotkit_outbox_summarize(box, &summary), IOTKIT_ENOENT, "no outbox");
	assert_fails(iotkit_outbox_rows_open(box, 0, &rows), IOTKIT_ENOENT, "no outbox");
	assert_fails(iotkit_outbox_purge(box, 0, &count), IOTKIT_ENOENT, "no outbox");
	assert_fails(iotkit_outbox_summarize(other, &summary), IOTKIT_EINVAL, "is no outbox");
	assert_fails(iotkit_outbox_rows_open(other, 0, &rows), IOTKIT_EINVAL, "is no outbox");
	assert_fails(iotkit_outbox_purge(other, 0, &count), IOTKIT_EINVAL, "is no outbox");
	assert_fails(iotkit_outbox_rows_status(NULL), IOTKIT_EINVAL, "walk");
	ck_assert_ptr_null(iotkit_outbox_rows_next(NULL));
}
END_TEST

START_TEST(an_outbox_of_a_newer_library_is_not_looked_into)
{
	fill_box(1);
	make_newer();
	assert_fails(iotkit_outbox_summarize(box, &summary), IOTKIT_ENOTSUP, "version 99");
	assert_fails(iotkit_outbox_rows_open(box, 0, &rows), IOTKIT_ENOTSUP, "version 99");
	assert_fails(iotkit_outbox_purge(box, 0, &count), IOTKIT_ENOTSUP, "version 99");
}
END_TEST

START_TEST(an_outbox_that_cannot_be_read_is_told)
{
	fill_box(1);
	scarce_descriptors();
	assert_fails(iotkit_outbox_summarize(box, &summary), IOTKIT_ESYSTEM, "box");
	assert_fails(iotkit_outbox_rows_open(box, 0, &rows), IOTKIT_ESYSTEM, "box");
	assert_fails(iotkit_outbox_purge(box, 0, &count), IOTKIT_ESYSTEM, "box");
}
END_TEST

START_TEST(an_outbox_in_use_is_not_purged)
{
	ck_assert_int_eq(iotkit_set_option(iot, "outbox.path", box), IOTKIT_OK);
	assert_fails(iotkit_outbox_purge(box, INT64_MAX, &count), IOTKIT_EBUSY, "box");
}
END_TEST

START_TEST(a_walk_that_ends_at_a_damaged_page_says_so)
{
	static const char rubbish[PAGE_SIZE] = "rubbish";
	iotkit_outbox_rows *walk = NULL;
	struct stat status;
	int seen = 0;

	fill_box(1000);
	ck_assert_int_eq(stat(box, &status), 0);
	/* Pages of messages are in the middle. */
	for (long page = status.st_size / PAGE_SIZE / 2; page < status.st_size / PAGE_SIZE; page++)
		write_at(box, page * PAGE_SIZE, rubbish, sizeof rubbish);
	ck_assert_int_eq(iotkit_outbox_rows_open(box, 0, &walk), IOTKIT_OK);
	while (iotkit_outbox_rows_next(walk) != NULL)
		seen++;
	ck_assert_int_lt(seen, 1000);
	assert_fails(iotkit_outbox_rows_status(walk), IOTKIT_ESYSTEM, "box");
	iotkit_outbox_rows_close(walk);
}
END_TEST

/* ---- memories of repeats ---- */

START_TEST(a_memory_that_cannot_be_had_is_told)
{
	iotkit_dedup *dedup = NULL;

	write_at(other, 0, "something else", 14);
	assert_fails(iotkit_dedup_open("", &dedup), IOTKIT_EINVAL, "empty");
	assert_fails(iotkit_dedup_open(other, &dedup), IOTKIT_EINVAL, "other");
	assert_fails(iotkit_dedup_open("/nowhere/dedup", &dedup), IOTKIT_ESYSTEM, "/nowhere");
	ck_assert_ptr_null(dedup);
	assert_fails(iotkit_dedup_is_new(NULL, 1, 1), IOTKIT_EINVAL, "is NULL");
	assert_fails(iotkit_dedup_save(NULL), IOTKIT_EINVAL, "is NULL");
}
END_TEST

START_TEST(a_memory_that_cannot_be_saved_is_told)
{
	iotkit_dedup *dedup = NULL;
	char away[PATH_SIZE];

	ck_assert_int_eq(iotkit_dedup_open(NULL, &dedup), IOTKIT_OK);
	assert_fails(iotkit_dedup_is_new(dedup, 0, 1), IOTKIT_EINVAL, "publish.id");
	assert_fails(iotkit_dedup_save(dedup), IOTKIT_ESTATE, "no file");
	iotkit_dedup_close(dedup);
	dedup = NULL;
	ck_assert_int_eq(iotkit_dedup_open(other, &dedup), IOTKIT_OK);
	snprintf(away, sizeof away, "%s-away", folder);
	ck_assert_int_eq(rename(folder, away), 0);
	assert_fails(iotkit_dedup_save(dedup), IOTKIT_ESYSTEM, "other");
	ck_assert_int_eq(rename(away, folder), 0);
	ck_assert_int_eq(iotkit_dedup_save(dedup), IOTKIT_OK);
	iotkit_dedup_close(dedup);
}
END_TEST

/* ---- certificates ---- */

static iotkit_certificate_request request_for(const char *certificate, const char *key)
{
	return (iotkit_certificate_request){.struct_size = sizeof(iotkit_certificate_request),
					    .kind = IOTKIT_CERTIFICATE_CA,
					    .name = "errors",
					    .certificate_file = certificate,
					    .key_file = key};
}

START_TEST(a_certificate_that_cannot_be_made_is_told)
{
	iotkit_certificate_request request = request_for(box, other);

	request.kind = 4;
	assert_fails(iotkit_create_certificate(&request), IOTKIT_EINVAL, "kind of certificate 4");
	request = request_for("/nowhere/ca.crt", "/nowhere/ca.key");
	assert_fails(iotkit_create_certificate(&request), IOTKIT_ENOENT, "its folder");
	request = request_for(box, other);
	scarce_descriptors();
	assert_fails(iotkit_create_certificate(&request), IOTKIT_ESYSTEM, "Too many open files");
	scarce_end();
	request.kind = IOTKIT_CERTIFICATE_SERVER;
	request.ca_certificate_file = "/nowhere/ca.crt";
	request.ca_key_file = "/nowhere/ca.key";
	assert_fails(iotkit_create_certificate(&request), IOTKIT_ENOENT, "/nowhere/ca");
	request = request_for(box, other);
	scarce_random();
	assert_fails(iotkit_create_certificate(&request), IOTKIT_ETLS, "make a key");
	scarce_end();
	ck_assert_int_ne(access(box, F_OK), 0);
	ck_assert_int_eq(iotkit_create_certificate(&request), IOTKIT_OK);
	assert_fails(iotkit_create_certificate(&request), IOTKIT_EEXIST, "exists");
}
END_TEST

START_TEST(a_request_of_a_newer_program_is_told)
{
	struct {
		iotkit_certificate_request request;
		uint64_t newer;
	} all = {.request = request_for(box, other), .newer = 1};

	all.request.struct_size = sizeof all;
	assert_fails(iotkit_create_certificate(&all.request), IOTKIT_ENOTSUP, "libiotkit 1.");
}
END_TEST

START_TEST(a_file_that_cannot_be_described_is_told)
{
	char text[8] = "before";
	iotkit_certificate_request request = request_for(box, other);

	assert_fails(iotkit_describe_certificate(box, text, sizeof text), IOTKIT_ENOENT, "box");
	ck_assert_int_eq(iotkit_create_certificate(&request), IOTKIT_OK);
	assert_fails(iotkit_describe_certificate(box, text, sizeof text), IOTKIT_EINVAL,
		     "give a larger one");
	scarce_descriptors();
	assert_fails(iotkit_describe_certificate(box, text, sizeof text), IOTKIT_ESYSTEM, "box");
	ck_assert_str_eq(text, "before");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errors_files");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, start, stop);
	tcase_set_timeout(files, 60);
	tcase_add_test(files, an_outbox_that_cannot_be_opened_is_told);
	tcase_add_test(files, an_outbox_of_a_newer_library_is_left_alone);
	tcase_add_test(files, a_message_that_cannot_be_saved_is_not_taken);
	tcase_add_test(files, what_is_no_outbox_is_told_to_who_looks_into_it);
	tcase_add_test(files, an_outbox_of_a_newer_library_is_not_looked_into);
	tcase_add_test(files, an_outbox_that_cannot_be_read_is_told);
	tcase_add_test(files, an_outbox_in_use_is_not_purged);
	tcase_add_test(files, a_walk_that_ends_at_a_damaged_page_says_so);
	tcase_add_test(files, a_memory_that_cannot_be_had_is_told);
	tcase_add_test(files, a_memory_that_cannot_be_saved_is_told);
	tcase_add_test(files, a_certificate_that_cannot_be_made_is_told);
	tcase_add_test(files, a_request_of_a_newer_program_is_told);
	tcase_add_test(files, a_file_that_cannot_be_described_is_told);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
