/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outbox/schema.h"
#include "outbox/store.h"
#include "suite.h"

enum { FOLDER_TEXT = 4096 };

static const char *const suffixes[] = {"", "-recent", "-wal", "-shm", "-lock"};
enum { SUFFIXES = sizeof suffixes / sizeof suffixes[0] };
static char folder[64];
static char path[128];
static char other[128]; /* where a file is copied to */
static iotkit_outbox_summary summary;

/* ---- A folder ---- */

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/box 100%%?#.db", folder);
	snprintf(other, sizeof other, "%s/other.db", folder);
}

static void stop(void)
{
	char name[512];
	DIR *entries = opendir(folder);

	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
		remove(name);
	}
	closedir(entries);
	rmdir(folder);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names, sizes and times of all that is in the folder. */
static void describe_folder(char text[FOLDER_TEXT])
{
	char names[16][80];
	size_t count = 0, used = 0;
	struct stat status;
	char name[2048];
	DIR *entries = opendir(folder);

	for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
		if (entry->d_name[0] != '.')
			snprintf(names[count++], sizeof names[0], "%.79s", entry->d_name);
	closedir(entries);
	qsort(names, count, sizeof names[0], by_name);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s/%s", folder, names[i]);
		ck_assert_int_eq(stat(name, &status), 0);
		used += (size_t)snprintf(text + used, FOLDER_TEXT - used, "%s %lld %lld.%09ld\n",
					 names[i], (long long)status.st_size,
					 (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	}
}

static void copy_file(const char *from, const char *to, const char *suffix)
{
	char name[256], bytes[65536];

	snprintf(name, sizeof name, "%s%s", from, suffix);
	FILE *in = fopen(name, "rb");
	snprintf(name, sizeof name, "%s%s", to, suffix);
	FILE *out = fopen(name, "wb");
	ck_assert(in != NULL && out != NULL);
	for (size_t size; (size = fread(bytes, 1, sizeof bytes, in)) > 0;)
		ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
	fclose(in);
	ck_assert_int_eq(fclose(out), 0);
}

static void write_file(const char *text)
{
	FILE *out = fopen(path, "wb");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

static long size_of(const char *name)
{
	struct stat status;

	ck_assert_int_eq(stat(name, &status), 0);
	return (long)status.st_size;
}

/* ---- A file with messages 1 to last, accepted at 1000 times their ids ---- */

static struct store *open_store(void)
{
	struct store_found found;
	struct store *store = NULL;

	ck_assert_msg(store_open(path, STORE_SYNC_PROCESS, &store, &found) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	return store;
}

static void insert(struct store *store, uint64_t first, uint64_t last)
{
	ck_assert_int_eq(store_begin(store), IOTKIT_OK);
	for (uint64_t id = first; id <= last; id++) {
		char payload[32];
		snprintf(payload, sizeof payload, "payload %06d", (int)id);
		struct outbox_message message = {.id = id,
						 .topic = "a/b",
						 .payload = payload,
						 .size = 14,
						 .qos = (int32_t)(id % 3),
						 .retain = id == 2,
						 .time_ms = (int64_t)id * 1000,
						 .expires_ms = id == 2 ? 99 : 0};
		ck_assert_int_eq(store_insert(store, &message), IOTKIT_OK);
	}
	ck_assert_int_eq(store_commit(store), IOTKIT_OK);
}

static void remove_rows(struct store *store, uint64_t first, uint64_t last)
{
	ck_assert_int_eq(store_begin(store), IOTKIT_OK);
	for (uint64_t id = first; id <= last; id++)
		ck_assert_int_eq(store_remove(store, id, 17), IOTKIT_OK);
	ck_assert_int_eq(store_commit(store), IOTKIT_OK);
}

static void set_flight(struct store *store, uint64_t id, uint16_t packet_id)
{
	ck_assert_int_eq(store_begin(store), IOTKIT_OK);
	ck_assert_int_eq(store_set_flight(store, id, packet_id, false), IOTKIT_OK);
	ck_assert_int_eq(store_commit(store), IOTKIT_OK);
}

static void make_file(uint64_t last)
{
	struct store *store = open_store();

	insert(store, 1, last);
	store_close(store);
}

/* A second connection beside all others; what is wanted is one number. */
static int64_t ask_database(const char *name, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	int64_t number = -1;

	ck_assert_int_eq(sqlite3_open(name, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static iotkit_status summarize(const char *name)
{
	memset(&summary, 0, sizeof summary);
	summary.struct_size = sizeof summary;
	return iotkit_outbox_summarize(name, &summary);
}

static iotkit_outbox_rows *open_rows(const char *name, uint64_t after)
{
	iotkit_outbox_rows *rows = NULL;

	ck_assert_msg(iotkit_outbox_rows_open(name, after, &rows) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	return rows;
}

/* Walks to the end; the ids are first, first + 1, ... last. */
static void expect_rows(iotkit_outbox_rows *rows, uint64_t first, uint64_t last)
{
	const iotkit_outbox_row *row;
	char payload[32];

	while ((row = iotkit_outbox_rows_next(rows)) != NULL) {
		ck_assert_uint_eq(row->id, first);
		ck_assert_str_eq(row->topic, "a/b");
		snprintf(payload, sizeof payload, "payload %06d", (int)first);
		ck_assert_uint_eq(row->payload_size, 14);
		ck_assert_mem_eq(row->payload, payload, 14);
		first++;
	}
	ck_assert_int_eq(iotkit_outbox_rows_status(rows), IOTKIT_OK);
	ck_assert_uint_eq(first, last + 1);
	iotkit_outbox_rows_close(rows);
}

/* ---- At rest ---- */

START_TEST(a_file_at_rest_is_summarized)
{
	struct store *store = open_store();

	insert(store, 1, 10);
	remove_rows(store, 1, 2);
	remove_rows(store, 10, 10);
	set_flight(store, 4, 77);
	ck_assert_int_eq(store_begin(store), IOTKIT_OK);
	ck_assert_int_eq(store_set_received(store, 5, "packet", 6), IOTKIT_OK);
	ck_assert_int_eq(store_commit(store), IOTKIT_OK);
	ck_assert_int_eq(store_set_text(store, "client_id", "iotkit-greenhouse"), IOTKIT_OK);
	store_close(store);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_int_eq(summary.in_use, 0);
	ck_assert_uint_eq(summary.rows, 7);
	ck_assert_uint_eq(summary.bytes, 7 * 17);
	ck_assert_uint_eq(summary.in_flight, 1);
	ck_assert_uint_eq(summary.received, 1);
	ck_assert_uint_eq(summary.first_id, 3);
	ck_assert_uint_eq(summary.last_id, 10);
	ck_assert_int_eq(summary.oldest_ms, 3000);
	ck_assert_int_eq(summary.newest_ms, 9000);
	ck_assert_uint_eq(summary.disk_bytes, (uint64_t)size_of(path));
	ck_assert_int_eq(summary.schema, SCHEMA_VERSION);
	ck_assert_str_eq(summary.client_id, "iotkit-greenhouse");
}
END_TEST

START_TEST(an_outbox_without_messages_is_summarized)
{
	store_close(open_store());
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_uint_eq(summary.rows + summary.bytes + summary.first_id + summary.last_id, 0);
	ck_assert_int_eq(summary.oldest_ms + summary.newest_ms, 0);
	ck_assert_str_eq(summary.client_id, "");
	expect_rows(open_rows(path, 0), 1, 0);
}
END_TEST

START_TEST(a_walk_shows_each_message_with_all_that_belongs_to_it)
{
	struct store *store = open_store();

	insert(store, 1, 3);
	set_flight(store, 2, 65535);
	store_close(store);
	iotkit_outbox_rows *rows = open_rows(path, 1);
	const iotkit_outbox_row *row = iotkit_outbox_rows_next(rows);
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->struct_size, sizeof *row);
	ck_assert_uint_eq(row->id, 2);
	ck_assert_int_eq(row->qos, 2);
	ck_assert_int_eq(row->retain, 1);
	ck_assert_int_eq(row->packet_id, 65535);
	ck_assert_int_eq(row->time_ms, 2000);
	ck_assert_int_eq(row->expires_ms, 99);
	row = iotkit_outbox_rows_next(rows);
	ck_assert_uint_eq(row->id, 3);
	ck_assert_int_eq(row->packet_id, 0);
	ck_assert_int_eq(row->retain, 0);
	ck_assert_ptr_null(iotkit_outbox_rows_next(rows));
	ck_assert_ptr_null(iotkit_outbox_rows_next(rows));
	iotkit_outbox_rows_close(rows);
}
END_TEST

START_TEST(a_walk_of_many_messages_begins_anywhere)
{
	static const uint64_t afters[] = {0, 1, 255, 256, 257, 999, 1000, INT64_MAX, UINT64_MAX};

	make_file(1000);
	for (size_t i = 0; i < sizeof afters / sizeof afters[0]; i++) {
		uint64_t after = afters[i];
		expect_rows(open_rows(path, after), after < 1000 ? after + 1 : 1,
			    after < 1000 ? 1000 : 0);
	}
}
END_TEST

static void expect_nothing_changes(const char *name, uint64_t last)
{
	char before[FOLDER_TEXT], after[FOLDER_TEXT];

	describe_folder(before);
	ck_assert_msg(summarize(name) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_int_eq(summary.in_use, 0);
	ck_assert_uint_eq(summary.rows, last);
	expect_rows(open_rows(name, 0), 1, last);
	describe_folder(after);
	ck_assert_str_eq(before, after);
}

START_TEST(looking_at_a_file_at_rest_changes_nothing)
{
	make_file(600);
	expect_nothing_changes(path, 600);
}
END_TEST

START_TEST(what_a_killed_process_left_in_the_log_is_seen_and_left_there)
{
	struct store *store = open_store();

	insert(store, 1, 600);
	for (size_t i = 0; i < SUFFIXES; i++)
		copy_file(path, other, suffixes[i]);
	store_close(store);
	expect_nothing_changes(other, 600);
}
END_TEST

START_TEST(a_file_that_was_copied_with_its_log_alone_is_read_without_new_files)
{
	struct store *store = open_store();

	insert(store, 1, 600);
	for (size_t i = 0; i < 3; i++)
		copy_file(path, other, suffixes[i]);
	store_close(store);
	expect_nothing_changes(other, 600);
}
END_TEST

START_TEST(a_file_of_the_first_version_is_read_and_stays_one)
{
	make_file(3);
	ck_assert_int_eq(ask_database(path, "ALTER TABLE message DROP COLUMN epoch"), -1);
	ck_assert_int_eq(ask_database(path, "ALTER TABLE message DROP COLUMN seq"), -1);
	ck_assert_int_eq(ask_database(path, "PRAGMA user_version=1"), -1);
	expect_nothing_changes(path, 3);
	ck_assert_int_eq(summary.schema, 1);
}
END_TEST

/* ---- In use ---- */

START_TEST(a_file_in_use_shows_what_was_committed_last)
{
	struct store *store = open_store();

	for (uint64_t last = 1; last <= 3; last++) {
		insert(store, last, last);
		ck_assert_int_eq(summarize(path), IOTKIT_OK);
		ck_assert_int_eq(summary.in_use, 1);
		ck_assert_uint_eq(summary.rows, last);
		expect_rows(open_rows(path, 0), 1, last);
	}
	store_close(store);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_int_eq(summary.in_use, 0);
}
END_TEST

/* Half of it the database has not yet. */
START_TEST(a_file_in_use_shows_what_its_journal_has)
{
	struct store *store = open_store();

	insert(store, 1, 300);
	ck_assert_int_eq(store_settle(store), IOTKIT_OK);
	insert(store, 301, 600);
	remove_rows(store, 1, 50);
	remove_rows(store, 551, 600);
	ck_assert_int_eq(store_begin(store), IOTKIT_OK);
	ck_assert_int_eq(store_set_flight(store, 51, 7, false), IOTKIT_OK);
	ck_assert_int_eq(store_set_flight(store, 301, 8, true), IOTKIT_OK);
	ck_assert_int_eq(store_put_text(store, "client_id", "me"), IOTKIT_OK);
	ck_assert_int_eq(store_commit(store), IOTKIT_OK);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_uint_eq(summary.rows, 500);
	ck_assert_uint_eq(summary.first_id, 51);
	ck_assert_uint_eq(summary.last_id, 600);
	ck_assert_uint_eq(summary.in_flight, 2);
	ck_assert_str_eq(summary.client_id, "me");
	expect_rows(open_rows(path, 0), 51, 550);
	uint64_t bytes = summary.bytes;
	ck_assert_int_eq(store_settle(store), IOTKIT_OK);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_uint_eq(summary.rows, 500);
	ck_assert_uint_eq(summary.bytes, bytes);
	expect_rows(open_rows(path, 0), 51, 550);
	store_close(store);
}
END_TEST

START_TEST(a_walk_sees_what_comes_meanwhile_and_does_not_hold_the_log)
{
	struct store *store = open_store();

	insert(store, 1, 300);
	iotkit_outbox_rows *rows = open_rows(path, 0);
	ck_assert_uint_eq(iotkit_outbox_rows_next(rows)->id, 1);
	insert(store, 301, 600);
	/* The first column tells whether a reader was in the way. */
	ck_assert_int_eq(ask_database(path, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
	expect_rows(rows, 2, 600);
	store_close(store);
}
END_TEST

START_TEST(a_file_that_comes_into_use_during_a_walk_is_read_as_it_is_then)
{
	make_file(3000);
	iotkit_outbox_rows *rows = open_rows(path, 0);
	for (uint64_t id = 1; id <= 2048; id++)
		ck_assert_uint_eq(iotkit_outbox_rows_next(rows)->id, id);
	struct store *store = open_store();
	remove_rows(store, 1, 2700);
	insert(store, 3001, 3500);
	ck_assert_int_eq(ask_database(path, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
	expect_rows(rows, 2701, 3500);
	store_close(store);
}
END_TEST

/* Has the file open, tells so, and closes it when it is told, or the test has ended. */
static void be_other_process(int told, int tell)
{
	struct store_found found;
	struct store *store;
	char byte;

	if (store_open(path, STORE_SYNC_PROCESS, &store, &found) != IOTKIT_OK ||
	    write(tell, "x", 1) != 1 || read(told, &byte, 1) != 1)
		_exit(1);
	store_close(store);
	_exit(0);
}

START_TEST(a_file_of_another_process_is_read_but_not_purged)
{
	int to_child[2], from_child[2], code;
	char byte, pid[32];

	make_file(5);
	ck_assert(pipe(to_child) == 0 && pipe(from_child) == 0);
	pid_t child = fork();
	if (child == 0) {
		close(to_child[1]);
		close(from_child[0]);
		be_other_process(to_child[0], from_child[1]);
	}
	close(to_child[0]);
	close(from_child[1]);
	ck_assert_int_eq(read(from_child[0], &byte, 1), 1);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_int_eq(summary.in_use, 1);
	snprintf(pid, sizeof pid, "process %d", (int)child);
	assert_fails(iotkit_outbox_purge(path, INT64_MAX, NULL), IOTKIT_EBUSY, pid);
	expect_rows(open_rows(path, 0), 1, 5);
	ck_assert_int_eq(write(to_child[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_int_eq(code, 0);
	close(to_child[1]);
	close(from_child[0]);
	ck_assert_int_eq(iotkit_outbox_purge(path, INT64_MAX, NULL), IOTKIT_OK);
}
END_TEST

/* ---- What cannot be read ---- */

START_TEST(what_is_no_outbox_is_refused_and_left_alone)
{
	char before[FOLDER_TEXT], after[FOLDER_TEXT];
	iotkit_outbox_rows *rows = NULL;

	assert_fails(summarize(path), IOTKIT_ENOENT, "there is no outbox");
	assert_fails(iotkit_outbox_purge(path, 0, NULL), IOTKIT_ENOENT, "there is no outbox");
	assert_fails(summarize(folder), IOTKIT_EINVAL, "a folder");
	assert_fails(summarize("/dev/null"), IOTKIT_EINVAL, "not even a file");
	ck_assert_int_eq(ask_database(other, "CREATE TABLE message (id)"), -1);
	assert_fails(summarize(other), IOTKIT_EINVAL, "a database of another program");
	write_file("");
	assert_fails(summarize(path), IOTKIT_EINVAL, "an empty file");
	write_file("no outbox at all");
	describe_folder(before);
	assert_fails(summarize(path), IOTKIT_EINVAL, "something else");
	assert_fails(iotkit_outbox_rows_open(path, 0, &rows), IOTKIT_EINVAL, "something else");
	assert_fails(iotkit_outbox_purge(path, 0, NULL), IOTKIT_EINVAL, "something else");
	describe_folder(after);
	ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(a_file_of_a_newer_library_is_refused)
{
	make_file(1);
	ck_assert_int_eq(ask_database(path, "PRAGMA user_version=99"), -1);
	assert_fails(summarize(path), IOTKIT_ENOTSUP, "of version 99");
	assert_fails(iotkit_outbox_purge(path, 0, NULL), IOTKIT_ENOTSUP, "newer library");
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
	iotkit_outbox_rows *rows = NULL;

	make_file(1);
	assert_fails(iotkit_outbox_summarize(path, NULL), IOTKIT_EINVAL, "struct_size");
	assert_fails(iotkit_outbox_summarize(NULL, &summary), IOTKIT_EINVAL, "path");
	summary.struct_size = sizeof summary - 1;
	assert_fails(iotkit_outbox_summarize(path, &summary), IOTKIT_EINVAL, "struct_size");
	assert_fails(iotkit_outbox_rows_open(NULL, 0, &rows), IOTKIT_EINVAL, "path");
	assert_fails(iotkit_outbox_rows_open(path, 0, NULL), IOTKIT_EINVAL, "place");
	assert_fails(iotkit_outbox_rows_status(NULL), IOTKIT_EINVAL, "walk");
	assert_fails(iotkit_outbox_purge(NULL, 0, NULL), IOTKIT_EINVAL, "path");
	ck_assert_ptr_null(iotkit_outbox_rows_next(NULL));
	iotkit_outbox_rows_close(NULL);
}
END_TEST

START_TEST(a_damaged_message_is_told_and_the_others_are_shown)
{
	make_file(3);
	ck_assert_int_eq(ask_database(path, "UPDATE message SET payload='?' WHERE id=2"), -1);
	iotkit_outbox_rows *rows = open_rows(path, 0);
	ck_assert_ptr_nonnull(iotkit_outbox_rows_next(rows)->topic);
	const iotkit_outbox_row *row = iotkit_outbox_rows_next(rows);
	ck_assert_uint_eq(row->id, 2);
	ck_assert_ptr_null(row->topic);
	ck_assert_uint_eq(row->payload_size, 0);
	ck_assert_str_eq(iotkit_outbox_rows_next(rows)->topic, "a/b");
	ck_assert_ptr_null(iotkit_outbox_rows_next(rows));
	ck_assert_int_eq(iotkit_outbox_rows_status(rows), IOTKIT_OK);
	iotkit_outbox_rows_close(rows);
}
END_TEST

START_TEST(the_messages_before_a_damaged_page_are_shown)
{
	uint64_t seen = 0;

	make_file(1000);
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, folder, sizeof folder, size_of(path) - 2 * SCHEMA_PAGE_SIZE),
			 sizeof folder);
	close(fd);
	iotkit_outbox_rows *rows = open_rows(path, 0);
	while (iotkit_outbox_rows_next(rows) != NULL)
		seen++;
	ck_assert_uint_gt(seen, 500);
	assert_fails(iotkit_outbox_rows_status(rows), IOTKIT_ESYSTEM, "is damaged");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "keeps what can be read"));
	ck_assert_ptr_null(iotkit_outbox_rows_next(rows));
	iotkit_outbox_rows_close(rows);
}
END_TEST

START_TEST(a_log_without_its_file_is_told_and_left_there)
{
	char before[FOLDER_TEXT], after[FOLDER_TEXT];
	struct store *store = open_store();

	insert(store, 1, 10);
	for (size_t i = 0; i < SUFFIXES; i++)
		copy_file(path, other, suffixes[i]);
	store_close(store);
	ck_assert_int_eq(truncate(other, 0), 0);
	describe_folder(before);
	assert_fails(summarize(other), IOTKIT_ESYSTEM, "it is empty, but its log is not");
	describe_folder(after);
	ck_assert_str_eq(before, after);
}
END_TEST

/* Any answer is good that comes. */
static void look_at_all(uint64_t rows_max)
{
	iotkit_outbox_rows *rows = NULL;
	uint64_t count = 0;

	if (summarize(other) != IOTKIT_OK)
		ck_assert_str_ne(iotkit_last_error(), "");
	if (iotkit_outbox_rows_open(other, 0, &rows) != IOTKIT_OK)
		return;
	while (iotkit_outbox_rows_next(rows) != NULL)
		count++;
	ck_assert_uint_le(count, rows_max);
	iotkit_outbox_rows_close(rows);
}

START_TEST(a_file_cut_at_any_page_gives_an_error_or_messages_but_no_crash)
{
	make_file(300);
	for (long size = size_of(path); size >= 0; size -= 512) {
		copy_file(path, other, "");
		copy_file(path, other, "-lock");
		ck_assert_int_eq(truncate(other, size), 0);
		look_at_all(300);
	}
}
END_TEST

START_TEST(random_bytes_in_a_file_give_an_error_or_messages_but_no_crash)
{
	unsigned int seed = 20261123;

	make_file(300);
	copy_file(path, other, "-lock");
	for (int round = 0; round < 300; round++) {
		copy_file(path, other, "");
		int fd = open(other, O_WRONLY);
		for (int i = 0; i < 8; i++) {
			unsigned char byte = (unsigned char)rand_r(&seed);
			off_t at = rand_r(&seed) % size_of(path);
			ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
		}
		close(fd);
		look_at_all(400);
	}
}
END_TEST

/* ---- Purging ---- */

START_TEST(a_purge_deletes_what_was_accepted_before_a_moment)
{
	uint64_t count = 99;

	make_file(3000);
	ck_assert_int_eq(iotkit_outbox_purge(path, 2500 * 1000, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 2499);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_uint_eq(summary.rows, 501);
	ck_assert_uint_eq(summary.bytes, 501 * 17);
	expect_rows(open_rows(path, 0), 2500, 3000);
}
END_TEST

START_TEST(a_purge_of_all_leaves_the_numbers_and_the_session)
{
	struct store *store = open_store();
	uint64_t count = 0;

	insert(store, 1, 40000);
	set_flight(store, 7, 7);
	ck_assert_int_eq(store_set_text(store, "client_id", "pump"), IOTKIT_OK);
	store_close(store);
	ck_assert_int_eq(ask_database(path, "UPDATE message SET topic='?' WHERE id=9"), -1);
	long before = size_of(path);
	ck_assert_int_eq(iotkit_outbox_purge(path, INT64_MAX, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 40000);
	ck_assert_int_eq(summarize(path), IOTKIT_OK);
	ck_assert_uint_eq(summary.rows + summary.bytes + summary.in_flight, 0);
	ck_assert_uint_eq(summary.last_id, 40000);
	ck_assert_str_eq(summary.client_id, "pump");
	ck_assert_int_lt(size_of(path), before / 4);
	ck_assert_int_eq(iotkit_outbox_purge(path, INT64_MAX, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inspect");
	TCase *file = tcase_create("file");

	tcase_add_checked_fixture(file, start, stop);
	tcase_set_timeout(file, 60);
	tcase_add_test(file, a_file_at_rest_is_summarized);
	tcase_add_test(file, an_outbox_without_messages_is_summarized);
	tcase_add_test(file, a_walk_shows_each_message_with_all_that_belongs_to_it);
	tcase_add_test(file, a_walk_of_many_messages_begins_anywhere);
	tcase_add_test(file, looking_at_a_file_at_rest_changes_nothing);
	tcase_add_test(file, what_a_killed_process_left_in_the_log_is_seen_and_left_there);
	tcase_add_test(file, a_file_that_was_copied_with_its_log_alone_is_read_without_new_files);
	tcase_add_test(file, a_file_of_the_first_version_is_read_and_stays_one);
	tcase_add_test(file, a_file_in_use_shows_what_was_committed_last);
	tcase_add_test(file, a_file_in_use_shows_what_its_journal_has);
	tcase_add_test(file, a_walk_sees_what_comes_meanwhile_and_does_not_hold_the_log);
	tcase_add_test(file, a_file_that_comes_into_use_during_a_walk_is_read_as_it_is_then);
	tcase_add_test(file, a_file_of_another_process_is_read_but_not_purged);
	tcase_add_test(file, what_is_no_outbox_is_refused_and_left_alone);
	tcase_add_test(file, a_file_of_a_newer_library_is_refused);
	tcase_add_test(file, wrong_arguments_are_refused);
	tcase_add_test(file, a_damaged_message_is_told_and_the_others_are_shown);
	tcase_add_test(file, the_messages_before_a_damaged_page_are_shown);
	tcase_add_test(file, a_log_without_its_file_is_told_and_left_there);
	tcase_add_test(file, a_file_cut_at_any_page_gives_an_error_or_messages_but_no_crash);
	tcase_add_test(file, random_bytes_in_a_file_give_an_error_or_messages_but_no_crash);
	tcase_add_test(file, a_purge_deletes_what_was_accepted_before_a_moment);
	tcase_add_test(file, a_purge_of_all_leaves_the_numbers_and_the_session);
	suite_add_tcase(suite, file);
	return suite_run(suite);
}
