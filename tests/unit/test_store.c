/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "stored.h"

static void assert_private(const char *name)
{
	struct stat file;

	ck_assert_int_eq(stat(at(name), &file), 0);
	ck_assert_msg((file.st_mode & 0777) == 0600, "%s has mode %o", name, file.st_mode);
}

static uint64_t file_size(const char *name)
{
	struct stat file;

	return stat(at(name), &file) == 0 ? (uint64_t)file.st_size : 0;
}

/* ---- Messages ---- */

START_TEST(a_new_file_is_empty_and_for_its_user_alone)
{
	mode_t mask = umask(0);

	open_store();
	umask(mask);
	ck_assert(found.created);
	ck_assert_str_eq(found.aside, "");
	assert_found(0, 0);
	insert_all(1, 1);
	assert_private("outbox.db");
	assert_private("outbox.db-wal");
	assert_private("outbox.db-shm");
	assert_private("outbox.db-lock");
	assert_private("outbox.db-recent");
	sh("test \"$(ls | wc -l)\" = 5");
}
END_TEST

START_TEST(messages_come_back_as_they_were)
{
	open_store();
	insert_all(1, 500);
	assert_has(1, 500);
	reopen_store();
	ck_assert(!found.created);
	assert_found(500, 500);
}
END_TEST

static enum store_sync sync_of_child;

static void commit_some(void)
{
	open_in("outbox.db", sync_of_child);
	insert_all(1, 100);
	remove_all(3, 4);
	assert_ok(store_begin(store));
	insert(101);
}

START_TEST(what_is_committed_survives_a_kill_and_what_is_not_does_not)
{
	sync_of_child = _i == 0 ? STORE_SYNC_PROCESS : STORE_SYNC_POWER;
	in_killed_process(commit_some);
	open_store();
	assert_found(100, 98);
	ck_assert(!stored.has[3] && !stored.has[4] && !stored.has[101]);
}
END_TEST

START_TEST(a_rollback_leaves_nothing)
{
	open_store();
	insert_all(1, 10);
	assert_ok(store_begin(store));
	insert(11);
	assert_ok(store_remove(store, 1, stored_bytes(1)));
	assert_ok(store_set_flight(store, 2, 7, false));
	store_rollback(store);
	store_rollback(store);
	assert_has(1, 10);
	insert_all(11, 12);
	reopen_store();
	assert_found(12, 12);
}
END_TEST

START_TEST(what_came_before_goes_when_it_comes_again_and_goes)
{
	open_store();
	insert_all(1, 5);
	assert_ok(store_settle(store));
	insert_all(3, 3);
	remove_all(3, 3);
	insert_all(6, 6);
	remove_all(6, 6);
	insert_all(6, 6);
	reopen_store();
	assert_found(6, 5);
	ck_assert(!stored.has[3]);
}
END_TEST

static bool take_two(void *context, const struct outbox_message *message)
{
	uint64_t *ids = context;

	ids[ids[0] == 0 ? 0 : 1] = message->id;
	return ids[1] == 0;
}

START_TEST(reading_keeps_to_its_range_and_ends_when_told)
{
	uint64_t ids[2] = {0, 0};

	open_store();
	insert_all(1, 20);
	assert_ok(store_read(store, 5, 20, take_two, ids));
	ck_assert_uint_eq(ids[0], 5);
	ck_assert_uint_eq(ids[1], 6);
	memset(&stored, 0, sizeof stored);
	assert_ok(store_read(store, 19, 21, note_stored, &stored));
	ck_assert_uint_eq(stored.count, 2);
	ck_assert(stored.has[19] && stored.has[20]);
}
END_TEST

START_TEST(ids_go_on_after_the_last_message_has_gone)
{
	open_store();
	insert_all(1, 30);
	remove_all(1, 30);
	reopen_store();
	assert_found(30, 0);
	insert_all(31, 31);
	reopen_store();
	assert_found(31, 1);
}
END_TEST

START_TEST(ids_may_have_gaps_and_lost_ones_come_again)
{
	open_store();
	insert_all(5, 5);
	insert_all(9, 10);
	reopen_store();
	assert_found(10, 3);
	insert_all(7, 7);
	insert_all(2, 2);
	reopen_store();
	assert_found(10, 5);
}
END_TEST

START_TEST(removing_what_is_not_there_changes_nothing)
{
	open_store();
	insert_all(1, 3);
	remove_all(2, 2);
	remove_all(2, 2);
	remove_all(8, 9);
	reopen_store();
	assert_found(3, 2);
}
END_TEST

START_TEST(an_empty_outbox_has_no_bytes_whatever_was_said_before)
{
	open_store();
	insert_all(1, 3);
	assert_ok(store_begin(store));
	for (uint64_t id = 1; id <= 3; id++)
		assert_ok(store_remove(store, id, 1));
	assert_ok(store_commit(store));
	reopen_store();
	assert_found(3, 0);
}
END_TEST

START_TEST(an_id_is_not_taken_twice)
{
	struct outbox_message message = stored_message(2);

	open_store();
	insert_all(1, 3);
	assert_ok(store_begin(store));
	message.payload = "another";
	message.size = 7;
	assert_ok(store_insert(store, &message));
	assert_ok(store_commit(store));
	assert_has(1, 3);
	reopen_store();
	assert_found(3, 3);
}
END_TEST

START_TEST(a_large_message_fits)
{
	const size_t size = 5000000;
	char *payload = malloc(size);
	struct outbox_message message = stored_message(1);

	ck_assert_ptr_nonnull(payload);
	memset(payload, 'x', size);
	message.payload = payload;
	message.size = size;
	open_store();
	assert_ok(store_begin(store));
	assert_ok(store_insert(store, &message));
	assert_ok(store_commit(store));
	reopen_store();
	free(payload);
	ck_assert_uint_eq(found.bytes, size + strlen(message.topic));
}
END_TEST

START_TEST(totals_are_those_of_a_model_whatever_happens)
{
	static bool model[STORED_IDS], next[STORED_IDS];
	uint64_t last = 0, rows = 0;

	memset(model, 0, sizeof model);
	srand(4);
	open_store();
	for (int round = 0; round < 300; round++) {
		memcpy(next, model, sizeof model);
		uint64_t next_last = last, next_rows = rows;
		assert_ok(store_begin(store));
		for (int i = rand() % 40; i > 0; i--) {
			uint64_t id = (uint64_t)rand() % (next_last + 1);
			if (rand() % 2 == 0) {
				next_last += rand() % 10 == 0 ? 3 : 1;
				insert(next_last);
				next[next_last] = true;
				next_rows++;
			} else if (next[id]) {
				assert_ok(store_remove(store, id, stored_bytes(id)));
				next[id] = false;
				next_rows--;
			}
		}
		if (rand() % 4 == 0) {
			store_rollback(store);
		} else {
			assert_ok(store_commit(store));
			memcpy(model, next, sizeof model);
			last = next_last;
			rows = next_rows;
		}
		if (rand() % 5 == 0)
			assert_ok(store_settle(store));
		if (round % 10 != 0)
			continue;
		reopen_store();
		assert_found(last, rows);
		ck_assert_int_eq(memcmp(model, stored.has, sizeof model), 0);
	}
}
END_TEST

/* ---- The session's state ---- */

struct flight {
	uint64_t id;
	uint16_t packet_id;
	bool released;
};

static struct flight flights[8];
static size_t flight_count;

static void note_flight(void *context, uint64_t id, uint16_t packet_id, bool released)
{
	(void)context;
	flights[flight_count++] = (struct flight){id, packet_id, released};
}

static void read_flights(void)
{
	flight_count = 0;
	assert_ok(store_read_flights(store, note_flight, NULL));
}

START_TEST(flights_outlive_the_process)
{
	open_store();
	insert_all(1, 9);
	assert_ok(store_begin(store));
	assert_ok(store_set_flight(store, 7, 65535, false));
	assert_ok(store_set_flight(store, 3, 1, false));
	assert_ok(store_set_flight(store, 4, 2, false));
	assert_ok(store_set_flight(store, 5, 3, false));
	assert_ok(store_set_flight(store, 3, 1, true));
	assert_ok(store_end_flight(store, 4));
	assert_ok(store_remove(store, 5, stored_bytes(5)));
	assert_ok(store_commit(store));
	reopen_store();
	assert_found(9, 8);
	read_flights();
	ck_assert_uint_eq(flight_count, 2);
	ck_assert(flights[0].id == 3 && flights[0].packet_id == 1 && flights[0].released);
	ck_assert(flights[1].id == 7 && flights[1].packet_id == 65535 && !flights[1].released);
}
END_TEST

static char received[64];

static void note_received(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	size_t length = strlen(received);

	(void)context;
	snprintf(received + length, sizeof received - length, "%u=%.*s;", packet_id, (int)size,
		 size > 0 ? (const char *)packet : "");
}

START_TEST(what_was_received_outlives_the_process)
{
	open_store();
	assert_ok(store_begin(store));
	assert_ok(store_set_received(store, 7, "seven", 5));
	assert_ok(store_set_received(store, 2, NULL, 0));
	assert_ok(store_set_received(store, 9, "nine", 4));
	assert_ok(store_set_received(store, 7, "SEVEN", 5));
	assert_ok(store_end_received(store, 9));
	assert_ok(store_commit(store));
	reopen_store();
	received[0] = '\0';
	assert_ok(store_read_received(store, note_received, NULL));
	ck_assert_str_eq(received, "2=;7=SEVEN;");
}
END_TEST

START_TEST(texts_outlive_the_process)
{
	char text[8];

	open_store();
	assert_ok(store_get_text(store, "client_id", text, sizeof text));
	ck_assert_str_eq(text, "");
	assert_ok(store_set_text(store, "client_id", "first"));
	assert_ok(store_set_text(store, "client_id", "second!"));
	reopen_store();
	assert_ok(store_get_text(store, "client_id", text, sizeof text));
	ck_assert_str_eq(text, "second!");
	assert_fails(store_get_text(store, "client_id", text, 7), IOTKIT_EINVAL, "client_id");
}
END_TEST

/* ---- The disk ---- */

static uint64_t log_frames(void)
{
	return (file_size("outbox.db-wal") - 32) / (4096 + 24);
}

START_TEST(what_comes_and_goes_is_never_in_the_database)
{
	open_store();
	insert_all(1, 1);
	assert_ok(store_settle(store));
	uint64_t before = log_frames();
	for (uint64_t id = 2; id < 1000; id++) {
		insert_all(id, id);
		assert_ok(store_begin(store));
		assert_ok(store_set_flight(store, id, 7, false));
		assert_ok(store_commit(store));
		remove_all(id, id);
	}
	insert_all(1000, 1000);
	ck_assert_uint_eq(log_frames(), before);
	assert_ok(store_settle(store));
	ck_assert_uint_lt(log_frames(), before + 6);
	reopen_store();
	assert_found(1000, 2);
}
END_TEST

START_TEST(space_is_given_back_after_a_drain)
{
	bool more = true;

	open_store();
	insert_all(1, 9000);
	assert_ok(store_shrink(store, &more));
	ck_assert(!more);
	uint64_t full = store_disk_bytes(store);
	remove_all(1, 9000);
	for (more = true; more;)
		assert_ok(store_shrink(store, &more));
	ck_assert_uint_gt(full, 1500000);
	ck_assert_uint_lt(store_disk_bytes(store), 1200000);
	ck_assert_uint_eq(store_disk_bytes(store), file_size("outbox.db") +
							   file_size("outbox.db-wal") +
							   file_size("outbox.db-recent"));
	insert_all(9001, 9002);
	reopen_store();
	assert_found(9002, 2);
}
END_TEST

START_TEST(a_full_disk_is_told_and_passes)
{
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	open_store();
	insert_all(1, 10);
	small = before;
	small.rlim_cur = (rlim_t)file_size("outbox.db-wal") + 100000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	iotkit_status status = IOTKIT_OK;
	uint64_t last = 10;
	while (status == IOTKIT_OK) {
		struct outbox_message message = stored_message(last + 1);
		ck_assert_uint_lt(last, 10000);
		status = store_begin(store);
		if (status == IOTKIT_OK)
			status = store_insert(store, &message);
		if (status == IOTKIT_OK)
			status = store_commit(store);
		if (status == IOTKIT_OK)
			last++;
	}
	ck_assert_int_eq(status, IOTKIT_ESYSTEM);
	ck_assert_int_eq(store_fault(store), STORE_TROUBLE);
	ck_assert_msg(strstr(iotkit_last_error(), "File too large") != NULL, "%s",
		      iotkit_last_error());
	store_rollback(store);
	assert_has(1, last);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	insert_all(last + 1, last + 1);
	reopen_store();
	assert_found(last + 1, last + 1);
	signal(SIGXFSZ, SIG_DFL);
}
END_TEST

START_TEST(readers_may_look_while_it_is_in_use)
{
	open_store();
	insert_all(1, 3);
	sql("outbox.db", "SELECT * FROM message");
	insert_all(4, 4);
	reopen_store();
	assert_found(4, 4);
}
END_TEST

START_TEST(a_lock_of_another_program_is_told_and_passes)
{
	sqlite3 *other;

	open_store();
	ck_assert_int_eq(sqlite3_open(at("outbox.db"), &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	insert_all(1, 2);
	assert_fails(store_settle(store), IOTKIT_ESYSTEM,
		     "another program has the database locked");
	ck_assert_int_eq(store_fault(store), STORE_TROUBLE);
	ck_assert_int_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_ok(store_settle(store));
	assert_has(1, 2);
}
END_TEST

START_TEST(a_file_that_is_moved_away_is_told)
{
	open_store();
	insert_all(1, 1);
	sh("mv outbox.db elsewhere");
	iotkit_status status = IOTKIT_OK;
	/* It does not look each time. */
	for (int64_t end = clock_monotonic_ms() + 20000;
	     status == IOTKIT_OK && clock_monotonic_ms() < end;) {
		status = store_begin(store);
		store_rollback(store);
	}
	assert_fails(status, IOTKIT_ESYSTEM, "was moved or removed while in use");
	ck_assert_int_eq(store_fault(store), STORE_TROUBLE);
	sh("mv elsewhere outbox.db");
	insert_all(2, 2);
}
END_TEST

START_TEST(safety_can_be_changed_while_it_is_open)
{
	open_store();
	assert_ok(store_begin(store));
	insert(1);
	store_set_sync(store, STORE_SYNC_POWER);
	assert_ok(store_commit(store));
	insert_all(2, 2);
	store_set_sync(store, STORE_SYNC_PROCESS);
	insert_all(3, 3);
	assert_has(1, 3);
}
END_TEST

/* ---- What it is asked to open ---- */

static void assert_refused(const char *path, iotkit_status status, const char *part)
{
	struct store *none = NULL;

	assert_fails(store_open(path, STORE_SYNC_PROCESS, &none, &found), status, part);
	ck_assert_ptr_null(none);
}

START_TEST(what_is_no_outbox_is_left_as_it_is)
{
	sh("echo 'these are notes' > notes; seq 1 4000 > numbers; echo x > short; mkdir folder");
	sh("cat * > all 2>/dev/null || true; md5sum notes numbers short > /tmp/sums.$$; "
	   "mv /tmp/sums.$$ sums");
	sql("other.db", "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
	sh("md5sum other.db >> sums");
	for (int i = 0; i < 2; i++) {
		assert_refused(at("notes"), IOTKIT_EINVAL, "is no outbox, but something else");
		assert_refused(at("numbers"), IOTKIT_EINVAL, "it is left as it is");
		assert_refused(at("short"), IOTKIT_EINVAL, "is no outbox");
		assert_refused(at("folder"), IOTKIT_EINVAL, "a folder");
		assert_refused(at("other.db"), IOTKIT_EINVAL, "a database of another program");
	}
	sh("md5sum -c sums && test \"$(ls | wc -l)\" = 7");
}
END_TEST

START_TEST(where_nothing_can_be_is_told)
{
	assert_refused(at("no/outbox.db"), IOTKIT_ESYSTEM, "run 'mkdir -p'");
	assert_refused("/proc/outbox.db", IOTKIT_ESYSTEM, "its folder must be writable");
	assert_refused("/dev/null", IOTKIT_EINVAL, "not even a file");
	sh("mkfifo fifo; ln -s nowhere loose");
	assert_refused(at("fifo"), IOTKIT_EINVAL, "not even a file");
	assert_refused(at("loose"), IOTKIT_ESYSTEM, "No such file");
}
END_TEST

START_TEST(a_path_is_a_path_even_if_it_looks_like_a_uri)
{
	char before[4096];

	ck_assert_ptr_nonnull(getcwd(before, sizeof before));
	ck_assert_int_eq(chdir(workshop), 0);
	assert_ok(store_open("file:x?mode=ro", STORE_SYNC_PROCESS, &store, &found));
	ck_assert_int_eq(chdir(before), 0);
	insert_all(1, 1);
	sh("test -s 'file:x?mode=ro'");
}
END_TEST

START_TEST(an_empty_file_becomes_an_outbox)
{
	sh("touch outbox.db");
	open_store();
	ck_assert(found.created);
	assert_private("outbox.db");
	insert_all(1, 1);
	reopen_store();
	assert_found(1, 1);
}
END_TEST

START_TEST(what_a_crash_left_of_a_new_file_is_made_anew)
{
	sh("echo half > outbox.db-new; echo half > outbox.db-new-wal");
	open_store();
	ck_assert(found.created);
	sh("! test -e outbox.db-new && ! test -e outbox.db-new-wal");
}
END_TEST

START_TEST(a_newer_version_is_left_as_it_is)
{
	open_store();
	insert_all(1, 9);
	close_store();
	sql("outbox.db", "PRAGMA user_version=4");
	sh("md5sum outbox.db > sums");
	assert_refused(at("outbox.db"), IOTKIT_ENOTSUP, "is of version 4, and this library");
	sh("md5sum -c sums");
}
END_TEST

/* Made by version 1, check sums and all: they must never come out otherwise. */
static const char version_1[] =
	"PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;"
	"CREATE TABLE message (id INTEGER PRIMARY KEY, time_ms INTEGER, expires_ms INTEGER,"
	" qos INTEGER, retain INTEGER, total INTEGER, sum INTEGER, topic TEXT, payload BLOB);"
	"CREATE TABLE flight (id INTEGER PRIMARY KEY, packet_id INTEGER, released INTEGER,"
	" sum INTEGER);"
	"CREATE TABLE received (packet_id INTEGER PRIMARY KEY, sum INTEGER, packet BLOB);"
	"CREATE TABLE text (name TEXT PRIMARY KEY, value TEXT, sum INTEGER) WITHOUT ROWID;"
	"CREATE TABLE totals (id INTEGER PRIMARY KEY, last_id INTEGER, accepted_bytes INTEGER,"
	" removed_rows INTEGER, removed_bytes INTEGER, sum INTEGER);"
	"INSERT INTO message VALUES (2, 1795000000002, 0, 1, 0, 9, -426178185241034306, 't/2', "
	"x'707172');"
	"INSERT INTO message VALUES (3, 1795000000003, 1796000000000, 2, 1, 12, "
	"3553218735372990483, 't/3', x'');"
	"INSERT INTO flight VALUES (3, 77, 1, -7575653213061857802);"
	"INSERT INTO received VALUES (5, -5992752062962512372, 'five');"
	"INSERT INTO text VALUES ('client_id', 'me', -3382577274130153281);"
	"INSERT INTO totals VALUES (1, 1, 3, 1, 3, -7818280092786520783);"
	"PRAGMA application_id=1768911979; PRAGMA user_version=1;";

static bool note_old(void *context, const struct outbox_message *message)
{
	char *text = context;
	size_t length = strlen(text);

	snprintf(text + length, 160 - length, "%llu %s %.*s %d %d %lld %lld %d;",
		 (unsigned long long)message->id, message->topic, (int)message->size,
		 (const char *)message->payload, message->qos, message->retain,
		 (long long)message->time_ms, (long long)message->expires_ms,
		 message->epoch == 0 && message->seq == 0);
	return true;
}

START_TEST(a_file_of_version_1_is_brought_up_to_date)
{
	char text[160] = "";

	sql("outbox.db", version_1);
	open_store();
	ck_assert_str_eq(found.aside, "");
	ck_assert_uint_eq(found.last_id, 3);
	ck_assert_uint_eq(found.rows, 2);
	ck_assert_uint_eq(found.bytes, 9);
	assert_ok(store_read(store, 0, UINT64_MAX, note_old, text));
	ck_assert_str_eq(text, "2 t/2 pqr 1 0 1795000000002 0 1;"
			       "3 t/3  2 1 1795000000003 1796000000000 1;");
	read_flights();
	ck_assert(flight_count == 1 && flights[0].packet_id == 77 && flights[0].released);
	received[0] = '\0';
	assert_ok(store_read_received(store, note_received, NULL));
	ck_assert_str_eq(received, "5=five;");
	assert_ok(store_get_text(store, "client_id", text, sizeof text));
	ck_assert_str_eq(text, "me");
	struct outbox_message message = stored_message(4);
	assert_ok(store_begin(store));
	assert_ok(store_insert(store, &message));
	assert_ok(store_commit(store));
	reopen_store();
	ck_assert_uint_eq(found.rows, 3);
	memset(&stored, 0, sizeof stored);
	assert_ok(store_read(store, 4, 5, note_stored, &stored));
	ck_assert_uint_eq(stored.count, 1);
}
END_TEST

static TCase *messages(void)
{
	TCase *tests = tcase_create("messages");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_add_test(tests, a_new_file_is_empty_and_for_its_user_alone);
	tcase_add_test(tests, messages_come_back_as_they_were);
	tcase_add_loop_test(tests, what_is_committed_survives_a_kill_and_what_is_not_does_not, 0,
			    2);
	tcase_add_test(tests, a_rollback_leaves_nothing);
	tcase_add_test(tests, reading_keeps_to_its_range_and_ends_when_told);
	tcase_add_test(tests, ids_go_on_after_the_last_message_has_gone);
	tcase_add_test(tests, ids_may_have_gaps_and_lost_ones_come_again);
	tcase_add_test(tests, removing_what_is_not_there_changes_nothing);
	tcase_add_test(tests, an_empty_outbox_has_no_bytes_whatever_was_said_before);
	tcase_add_test(tests, an_id_is_not_taken_twice);
	tcase_add_test(tests, what_came_before_goes_when_it_comes_again_and_goes);
	tcase_add_test(tests, a_large_message_fits);
	tcase_add_test(tests, totals_are_those_of_a_model_whatever_happens);
	tcase_add_test(tests, flights_outlive_the_process);
	tcase_add_test(tests, what_was_received_outlives_the_process);
	tcase_add_test(tests, texts_outlive_the_process);
	return tests;
}

static TCase *disk(void)
{
	TCase *tests = tcase_create("disk");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_add_test(tests, what_comes_and_goes_is_never_in_the_database);
	tcase_add_test(tests, space_is_given_back_after_a_drain);
	tcase_add_test(tests, a_full_disk_is_told_and_passes);
	tcase_add_test(tests, readers_may_look_while_it_is_in_use);
	tcase_add_test(tests, a_lock_of_another_program_is_told_and_passes);
	tcase_add_test(tests, a_file_that_is_moved_away_is_told);
	tcase_add_test(tests, safety_can_be_changed_while_it_is_open);
	tcase_add_test(tests, what_is_no_outbox_is_left_as_it_is);
	tcase_add_test(tests, where_nothing_can_be_is_told);
	tcase_add_test(tests, a_path_is_a_path_even_if_it_looks_like_a_uri);
	tcase_add_test(tests, an_empty_file_becomes_an_outbox);
	tcase_add_test(tests, what_a_crash_left_of_a_new_file_is_made_anew);
	tcase_add_test(tests, a_newer_version_is_left_as_it_is);
	tcase_add_test(tests, a_file_of_version_1_is_brought_up_to_date);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("store");

	suite_add_tcase(suite, messages());
	suite_add_tcase(suite, disk());
	return suite_run(suite);
}
