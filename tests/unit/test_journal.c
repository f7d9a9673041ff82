/* SPDX-License-Identifier: MIT
 *
 * The journal beside the database: what it has after an end, whatever became of it.
 */
#include <sys/stat.h>

#include "outbox/change.h"
#include "outbox/journal.h"
#include "stored.h"

enum { STRIDE = SUITE_SANITIZED ? 61 : 17, BATCHES = 12, MANY = 15000 };

static size_t size_of(const char *name)
{
	struct stat file;

	return stat(at(name), &file) == 0 ? (size_t)file.st_size : 0;
}

static void copy_all(const char *from, const char *to)
{
	sh("for f in '' -wal -recent; do if test -e %s$f; then cp %s$f %s$f; fi; done", from, from,
	   to);
}

static void remove_all_files(const char *name)
{
	sh("rm -f %s %s-*", name, name);
}

static void set_flight(uint64_t id, uint16_t packet_id, bool released)
{
	assert_ok(store_begin(store));
	assert_ok(store_set_flight(store, id, packet_id, released));
	assert_ok(store_commit(store));
}

static unsigned int flights;

static void count_flight(void *context, uint64_t id, uint16_t packet_id, bool released)
{
	(void)context;
	(void)packet_id;
	(void)released;
	ck_assert(stored.has[id]);
	flights++;
}

static void assert_flights(unsigned int count)
{
	flights = 0;
	assert_ok(store_read_flights(store, count_flight, NULL));
	ck_assert_uint_eq(flights, count);
}

/* ---- An end ---- */

/* 1 to 10 in the database; then 3 and 11 have gone, 12 is on its way, 13 waits. */
static void change_some(void)
{
	open_store();
	insert_all(1, 10);
	assert_ok(store_settle(store));
	insert_all(11, 13);
	set_flight(3, 1, false);
	set_flight(11, 2, false);
	set_flight(12, 3, false);
	set_flight(12, 3, true);
	remove_all(3, 3);
	remove_all(11, 11);
	ck_assert(store_has_recent(store));
}

static void assert_some_changed(void)
{
	assert_found(13, 11);
	ck_assert(!stored.has[3] && !stored.has[11] && stored.has[12] && stored.has[13]);
	assert_flights(1);
}

START_TEST(what_the_database_lacks_is_there_after_a_kill)
{
	in_killed_process(change_some);
	for (int i = 0; i < 2; i++) {
		open_store();
		assert_some_changed();
		close_store();
	}
	sh("! test -e outbox.db-recent");
}
END_TEST

static void settle_and_go_on(void)
{
	change_some();
	assert_ok(store_settle(store));
	ck_assert(!store_has_recent(store));
}

START_TEST(what_was_settled_does_not_come_again)
{
	in_killed_process(settle_and_go_on);
	ck_assert_uint_gt(size_of("outbox.db-recent"), 0);
	open_store();
	assert_some_changed();
	remove_all(13, 13);
	assert_ok(store_settle(store));
	reopen_store();
	ck_assert(!stored.has[3]);
	assert_found(13, 10);
}
END_TEST

static void insert_one_by_one(void)
{
	open_store();
	for (uint64_t id = 1; id <= BATCHES; id++)
		insert_all(id, id);
}

/* All that is there is what was committed up to some moment. */
static void assert_beginning(void)
{
	assert_ok(read_stored());
	ck_assert_uint_eq(stored.damaged, 0);
	ck_assert_uint_eq(found.rows, stored.count);
	for (uint64_t id = 1; id <= stored.count; id++)
		ck_assert(stored.has[id]);
}

START_TEST(cut_anywhere_it_has_all_whole_batches_before)
{
	size_t last = 0;

	in_killed_process(insert_one_by_one);
	size_t size = size_of("outbox.db-recent");
	for (size_t kept = 0; kept <= size;
	     kept = kept < size && kept + STRIDE > size ? size : kept + STRIDE) {
		copy_all("outbox.db", "cut.db");
		ck_assert_int_eq(truncate(at("cut.db-recent"), (off_t)kept), 0);
		open_in("cut.db", STORE_SYNC_PROCESS);
		assert_beginning();
		ck_assert_uint_ge(stored.count, last);
		last = stored.count;
		insert_all(stored.count + 1, stored.count + 1);
		close_store();
		remove_all_files("cut.db");
	}
	ck_assert_uint_eq(last, BATCHES);
}
END_TEST

START_TEST(with_any_byte_changed_it_has_what_came_before)
{
	in_killed_process(insert_one_by_one);
	size_t size = size_of("outbox.db-recent");
	for (size_t place = 0; place < size; place += STRIDE) {
		copy_all("outbox.db", "bad.db");
		sh("printf '\\252' | dd of=bad.db-recent bs=1 seek=%zu conv=notrunc", place);
		open_in("bad.db", STORE_SYNC_PROCESS);
		assert_beginning();
		ck_assert_uint_le(stored.count, BATCHES);
		close_store();
		open_in("bad.db", STORE_SYNC_PROCESS);
		assert_beginning();
		close_store();
		remove_all_files("bad.db");
	}
}
END_TEST

/* ---- Whose it is ---- */

START_TEST(that_of_another_file_is_not_taken)
{
	in_killed_process(insert_one_by_one);
	sh("mkdir a; mv outbox.db* a/");
	open_store();
	insert_all(1, 2);
	close_store();
	sh("cp a/outbox.db-recent .");
	open_store();
	assert_found(2, 2);
}
END_TEST

START_TEST(without_its_file_it_is_of_no_worth)
{
	in_killed_process(insert_one_by_one);
	sh("rm outbox.db outbox.db-wal outbox.db-shm");
	open_store();
	ck_assert(found.created);
	assert_found(0, 0);
	insert_all(1, 1);
	reopen_store();
	assert_found(1, 1);
}
END_TEST

START_TEST(it_goes_with_a_file_that_is_damaged)
{
	in_killed_process(change_some);
	/* Else the log has the page too. */
	sql("outbox.db", "PRAGMA wal_checkpoint(TRUNCATE)");
	/* The root of the messages. */
	sh("dd if=/dev/zero of=outbox.db bs=4096 seek=2 count=1 conv=notrunc; rm -f outbox.db-shm");
	open_store();
	ck_assert_str_ne(found.aside, "");
	assert_ok(read_stored());
	ck_assert(stored.has[12] && stored.has[13] && !stored.has[3] && !stored.has[11]);
	ck_assert_uint_eq(found.last_id, 13);
	ck_assert_uint_eq(found.rows, stored.count);
	assert_flights(1);
	reopen_store();
	ck_assert_str_eq(found.aside, "");
	ck_assert_uint_eq(found.last_id, 13);
}
END_TEST

START_TEST(it_goes_with_a_file_that_is_found_damaged_in_use)
{
	change_some();
	assert_ok(store_salvage(store, &found));
	ck_assert_str_ne(found.aside, "");
	assert_some_changed();
	insert_all(14, 14);
	reopen_store();
	ck_assert_str_eq(found.aside, "");
	assert_found(14, 12);
}
END_TEST

/* ---- Its bounds ---- */

static void insert_many(void)
{
	open_store();
	for (uint64_t id = 1; id <= MANY; id += 10) {
		insert_all(id, id + 9);
		ck_assert_uint_le(size_of("outbox.db-recent"), JOURNAL_BYTES_MAX);
	}
}

START_TEST(when_it_is_full_it_is_settled)
{
	in_killed_process(insert_many);
	ck_assert_uint_gt(size_of("outbox.db-recent"), JOURNAL_BYTES_MAX / 2);
	open_store();
	assert_found(MANY, MANY);
}
END_TEST

static void insert_large(void)
{
	static char payload[JOURNAL_BATCH_MAX];
	struct outbox_message large = stored_message(3);

	large.payload = payload;
	large.size = sizeof payload;
	open_store();
	insert_all(1, 1);
	assert_ok(store_begin(store));
	insert(2);
	assert_ok(store_insert(store, &large));
	insert(4);
	assert_ok(store_remove(store, 1, stored_bytes(1)));
	assert_ok(store_commit(store));
	ck_assert(!store_has_recent(store));
	insert_all(5, 5);
}

static bool note_any(void *context, const struct outbox_message *message)
{
	bool *has = context;

	ck_assert_ptr_nonnull(message->topic);
	has[message->id] = true;
	return true;
}

START_TEST(what_is_large_goes_by_it_in_the_same_step)
{
	bool has[8] = {false};

	in_killed_process(insert_large);
	open_store();
	assert_ok(store_read(store, 0, UINT64_MAX, note_any, has));
	ck_assert(!has[1] && has[2] && has[3] && has[4] && has[5]);
	ck_assert_uint_eq(found.rows, 4);
}
END_TEST

START_TEST(what_is_large_is_rolled_back_with_all_else)
{
	static char payload[JOURNAL_BATCH_MAX];
	struct outbox_message large = stored_message(12);

	large.payload = payload;
	large.size = sizeof payload;
	open_store();
	insert_all(1, 10);
	assert_ok(store_begin(store));
	insert(11);
	assert_ok(store_insert(store, &large));
	assert_ok(store_remove(store, 1, stored_bytes(1)));
	store_rollback(store);
	ck_assert(store_has_recent(store));
	assert_has(1, 10);
	insert_all(11, 11);
	reopen_store();
	assert_found(11, 11);
}
END_TEST

START_TEST(a_locked_database_is_told_when_it_is_full)
{
	iotkit_status status = IOTKIT_OK;
	uint64_t last = 0;
	sqlite3 *other;

	open_store();
	ck_assert_int_eq(sqlite3_open(at("outbox.db"), &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	while (status == IOTKIT_OK && last < STORED_IDS - 2) {
		assert_ok(store_begin(store));
		insert(last + 1);
		status = store_commit(store);
		last += status == IOTKIT_OK;
	}
	assert_fails(status, IOTKIT_ESYSTEM, "another program has the database locked");
	store_rollback(store);
	ck_assert_uint_gt(last, 1000);
	ck_assert_int_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	insert_all(last + 1, last + 1);
	reopen_store();
	assert_found(last + 1, last + 1);
}
END_TEST

/* ---- Changes as bytes ---- */

START_TEST(a_change_comes_back_as_it_was)
{
	struct outbox_message message = stored_message(4);
	const struct change change = {.kind = CHANGE_INSERT,
				      .message = message,
				      .first = {message.topic, strlen(message.topic)}};
	struct buffer buffer;
	struct change read;

	buffer_init(&buffer, 10000);
	ck_assert_int_eq(change_write(&change, &buffer), IOTKIT_OK);
	ck_assert_uint_eq(buffer.size, change_size(&change));
	const unsigned char *at = (const unsigned char *)buffer.bytes, *end = at + buffer.size;
	for (size_t size = 0; size < buffer.size; size++) {
		const unsigned char *cut = at;
		ck_assert(!change_read(&cut, at + size, &read));
	}
	ck_assert(change_read(&at, end, &read));
	ck_assert_ptr_eq(at, end);
	char topic[32] = "";
	memcpy(topic, read.first.at, read.first.size);
	read.message.topic = topic;
	ck_assert(is_as_stored(&read.message));
	ck_assert(!change_read(&at, end, &read));
	buffer_free(&buffer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *tests = tcase_create("journal");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_set_timeout(tests, 100);
	tcase_add_test(tests, what_the_database_lacks_is_there_after_a_kill);
	tcase_add_test(tests, what_was_settled_does_not_come_again);
	tcase_add_test(tests, cut_anywhere_it_has_all_whole_batches_before);
	tcase_add_test(tests, with_any_byte_changed_it_has_what_came_before);
	tcase_add_test(tests, that_of_another_file_is_not_taken);
	tcase_add_test(tests, without_its_file_it_is_of_no_worth);
	tcase_add_test(tests, it_goes_with_a_file_that_is_damaged);
	tcase_add_test(tests, it_goes_with_a_file_that_is_found_damaged_in_use);
	tcase_add_test(tests, when_it_is_full_it_is_settled);
	tcase_add_test(tests, what_is_large_goes_by_it_in_the_same_step);
	tcase_add_test(tests, what_is_large_is_rolled_back_with_all_else);
	tcase_add_test(tests, a_locked_database_is_told_when_it_is_full);
	tcase_add_test(tests, a_change_comes_back_as_it_was);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
