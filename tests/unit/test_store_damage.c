/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "stored.h"

enum { PAGE = 4096, LAST_ID = 1500, FIRST_ID = 201 };

/* Of all places that are damaged in turn, one in so many. */
enum { STRIDE = SUITE_SANITIZED ? 5 : 1 };

/* ---- Files to damage ---- */

static void fill(void)
{
	open_store();
	insert_all(1, 700);
	insert_all(701, LAST_ID);
	remove_all(1, FIRST_ID - 1);
	assert_ok(store_begin(store));
	assert_ok(store_set_flight(store, 205, 9, false));
	assert_ok(store_set_flight(store, 206, 10, true));
	assert_ok(store_set_received(store, 77, "packet", 6));
	assert_ok(store_commit(store));
	assert_ok(store_set_text(store, "client_id", "me"));
	assert_ok(store_settle(store));
}

static void fill_and_close(void)
{
	fill();
	close_store();
}

/* Half of it is in the file, half in its log. */
static void fill_twice(void)
{
	fill_and_close();
	open_store();
	insert_all(LAST_ID + 1, LAST_ID + 300);
	remove_all(FIRST_ID + 50, FIRST_ID + 99);
	assert_ok(store_settle(store));
}

enum { TWICE_ROWS = LAST_ID - FIRST_ID + 1 + 300 - 50 };

static void copy(const char *from, const char *to)
{
	sh("cp %s %s; if test -e %s-wal; then cp %s-wal %s-wal; fi", from, to, from, from, to);
}

static uint64_t size_of(const char *name)
{
	struct stat file;

	ck_assert_int_eq(stat(at(name), &file), 0);
	return (uint64_t)file.st_size;
}

static void overwrite(const char *name, uint64_t offset, const void *bytes, size_t size)
{
	int fd = open(at(name), O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, size, (off_t)offset), (ssize_t)size);
	close(fd);
}

static void erase_page(const char *name, uint64_t number)
{
	static const char zeros[PAGE];

	overwrite(name, (number - 1) * PAGE, zeros, PAGE);
}

/* ---- What the outbox does with one ---- */

static void ignore_flight(void *context, uint64_t id, uint16_t packet_id, bool released)
{
	unsigned int *count = context;

	ck_assert((id == 205 && packet_id == 9 && !released) ||
		  (id == 206 && packet_id == 10 && released));
	++*count;
}

static void check_received(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	unsigned int *count = context;

	ck_assert_uint_eq(packet_id, 77);
	ck_assert_uint_eq(size, 6);
	ck_assert_int_eq(memcmp(packet, "packet", 6), 0);
	++*count;
}

struct state {
	unsigned int flights, received;
	char text[32];
};

static iotkit_status read_all(struct state *state)
{
	*state = (struct state){0};
	iotkit_status status = read_stored();
	if (status == IOTKIT_OK)
		status = store_read_flights(store, ignore_flight, &state->flights);
	if (status == IOTKIT_OK)
		status = store_read_received(store, check_received, &state->received);
	if (status == IOTKIT_OK)
		status = store_get_text(store, "client_id", state->text, sizeof state->text);
	ck_assert(state->text[0] == '\0' || strcmp(state->text, "me") == 0);
	return status;
}

/* Reads all there is, sets it aside when that fails, and goes on using what is left. */
/* Some damage is seen only when the database changes; the three just inserted are safe then. */
static void settle_three(void)
{
	if (store_settle(store) == IOTKIT_OK)
		return;
	ck_assert_msg(store_fault(store) == STORE_CORRUPT, "%s", iotkit_last_error());
	assert_ok(store_salvage(store, &found));
	found.rows -= 3;
	found.last_id -= 3;
}

static void use(struct state *state)
{
	if (read_all(state) != IOTKIT_OK) {
		ck_assert_msg(store_fault(store) == STORE_CORRUPT, "%s", iotkit_last_error());
		assert_ok(store_salvage(store, &found));
		ck_assert_str_ne(found.aside, "");
		ck_assert_uint_eq(found.recovered, found.rows);
		assert_ok(read_all(state));
		ck_assert_uint_eq(stored.damaged, 0);
	}
	ck_assert_uint_eq(stored.count + stored.damaged, found.rows);
	ck_assert_uint_lt(found.last_id, STORED_IDS - 10);
	insert_all(found.last_id + 1, found.last_id + 3);
	settle_three();
}

static void open_damaged(const char *name, struct state *state)
{
	open_in(name, STORE_SYNC_PROCESS);
	use(state);
}

/* The same again from the file: it is a sound one now. */
static void assert_sound(const char *name)
{
	uint64_t rows = found.rows + 3, last_id = found.last_id + 3;

	close_store();
	open_in(name, STORE_SYNC_PROCESS);
	ck_assert_str_eq(found.aside, "");
	ck_assert_uint_eq(found.rows, rows);
	ck_assert_uint_eq(found.last_id, last_id);
	close_store();
}

static unsigned int count_files(const char *part)
{
	DIR *directory = opendir(workshop);
	unsigned int count = 0;

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += strstr(entry->d_name, part) != NULL;
	closedir(directory);
	return count;
}

/* A file with all that is named after it. Not by a shell, since that is hundreds of times. */
static void unlink_all(const char *name)
{
	DIR *directory = opendir(workshop);

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		if (strncmp(entry->d_name, name, strlen(name)) == 0)
			ck_assert_int_eq(unlinkat(dirfd(directory), entry->d_name, 0), 0);
	closedir(directory);
}

/* ---- Truncated ---- */

START_TEST(cut_at_any_page_it_opens_and_what_is_lost_is_counted)
{
	const uint64_t there = LAST_ID - FIRST_ID + 1;
	struct state state;
	uint64_t most = 0;

	fill_and_close();
	uint64_t pages = size_of("outbox.db") / PAGE;
	for (uint64_t kept = 1; kept < pages; kept += STRIDE) {
		copy("outbox.db", "cut.db");
		ck_assert_int_eq(truncate(at("cut.db"), (off_t)(kept * PAGE)), 0);
		open_damaged("cut.db", &state);
		ck_assert_str_ne(found.aside, "");
		ck_assert_uint_eq(stored.count, found.recovered);
		/* The tables' roots come first, and with them what is known. */
		if (kept >= 8) {
			ck_assert_uint_eq(found.recovered + found.lost, there);
			ck_assert_uint_eq(found.last_id, LAST_ID);
			ck_assert_uint_eq(state.flights + state.received, 3);
			ck_assert_str_eq(state.text, "me");
		}
		ck_assert_uint_ge(found.recovered, most);
		most = found.recovered;
		assert_sound("cut.db");
		unlink_all("cut.db");
	}
	if (STRIDE == 1)
		ck_assert_uint_gt(most, there / 2);
}
END_TEST

START_TEST(cut_at_any_page_its_log_is_used)
{
	struct state state;
	uint64_t in_log = 0, cuts = 0;

	in_killed_process(fill_twice);
	uint64_t pages = size_of("outbox.db") / PAGE;
	for (uint64_t kept = 0; kept <= pages; kept += STRIDE, cuts++) {
		copy("outbox.db", "cut.db");
		ck_assert_int_eq(truncate(at("cut.db"), (off_t)(kept * PAGE)), 0);
		open_damaged("cut.db", &state);
		ck_assert_uint_eq(stored.count + stored.damaged + found.lost, TWICE_ROWS);
		ck_assert_uint_eq(found.last_id, LAST_ID + 300);
		for (uint64_t id = LAST_ID + 1; id <= LAST_ID + 300; id++)
			in_log += stored.has[id];
		if (kept == pages)
			ck_assert_str_eq(found.aside, "");
		assert_sound("cut.db");
		unlink_all("cut.db");
	}
	/* All of these are in the log but the leaf that was there before. */
	ck_assert_uint_gt(in_log, cuts * 290);
}
END_TEST

START_TEST(a_log_that_is_cut_loses_the_last_commits_only)
{
	struct state state;

	in_killed_process(fill_twice);
	uint64_t size = size_of("outbox.db-wal");
	for (uint64_t kept = 0; kept < size; kept += STRIDE * PAGE) {
		copy("outbox.db", "cut.db");
		ck_assert_int_eq(truncate(at("cut.db-wal"), (off_t)kept), 0);
		open_damaged("cut.db", &state);
		ck_assert_uint_eq(state.flights + state.received, 3);
		for (uint64_t id = FIRST_ID + 100; id <= LAST_ID; id++)
			ck_assert(stored.has[id]);
		assert_sound("cut.db");
		unlink_all("cut.db");
	}
}
END_TEST

START_TEST(a_log_without_its_file_is_an_outbox)
{
	struct state state;

	in_killed_process(fill);
	sh("rm outbox.db");
	open_damaged("outbox.db", &state);
	ck_assert_str_ne(found.aside, "");
	ck_assert_uint_eq(found.recovered + found.lost, LAST_ID - FIRST_ID + 1);
	ck_assert_uint_gt(found.recovered, 500);
	assert_sound("outbox.db");
}
END_TEST

/* ---- Overwritten ---- */

static void assert_recovers_all_without_page(uint64_t number)
{
	struct state state;

	copy("outbox.db", "bad.db");
	sh("touch bad.db-lock");
	erase_page("bad.db", number);
	open_damaged("bad.db", &state);
	ck_assert_msg(found.recovered == LAST_ID - FIRST_ID + 1 && found.lost == 0,
		      "without page %d: %d recovered, %d lost", (int)number, (int)found.recovered,
		      (int)found.lost);
	ck_assert_uint_eq(state.flights + state.received, 3);
	ck_assert_str_eq(state.text, "me");
	assert_sound("bad.db");
	unlink_all("bad.db");
}

START_TEST(without_its_header_or_a_root_all_messages_are_recovered)
{
	fill_and_close();
	assert_recovers_all_without_page(1);
	assert_recovers_all_without_page(3);
}
END_TEST

START_TEST(a_bad_page_loses_its_own_messages_only)
{
	struct state state;
	unsigned int losses = 0;

	fill_and_close();
	uint64_t pages = size_of("outbox.db") / PAGE;
	for (uint64_t number = 9; number <= pages; number += 7) {
		copy("outbox.db", "bad.db");
		erase_page("bad.db", number);
		open_damaged("bad.db", &state);
		ck_assert_uint_eq(stored.count + stored.damaged + found.lost,
				  LAST_ID - FIRST_ID + 1);
		ck_assert_uint_gt(stored.count, LAST_ID - FIRST_ID + 1 - 100);
		losses += found.lost > 0 || stored.damaged > 0;
		assert_sound("bad.db");
		unlink_all("bad.db");
	}
	ck_assert_uint_gt(losses, 3);
}
END_TEST

START_TEST(messages_that_have_gone_do_not_come_back)
{
	struct state state;

	open_store();
	insert_all(1, LAST_ID);
	remove_all(1, 900);
	close_store();
	erase_page("outbox.db", 3);
	open_damaged("outbox.db", &state);
	assert_has(901, LAST_ID + 3);
	ck_assert_uint_eq(found.recovered, LAST_ID - 900);
	ck_assert_uint_eq(found.lost, 0);
}
END_TEST

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

static void scribble(const char *name)
{
	uint64_t size = size_of(name);

	for (uint64_t i = draw(12) + 1; i > 0; i--) {
		unsigned char bytes[64];
		size_t count = (size_t)draw(sizeof bytes) + 1;
		for (size_t k = 0; k < count; k++)
			bytes[k] = (unsigned char)draw(256);
		/* The header and the roots are small, and interesting. */
		uint64_t where =
			draw(3) == 0 && size > 10 * PAGE ? draw(10 * PAGE) : draw(size - count);
		overwrite(name, where, bytes, count);
	}
}

/* A header that says that it is of another program or of a newer library is believed. */
static bool is_believed(iotkit_status status)
{
	return status == IOTKIT_EINVAL || status == IOTKIT_ENOTSUP;
}

START_TEST(with_any_byte_of_its_header_changed_all_messages_are_there)
{
	enum { HEADER = 100, VERSION_AT = 60, APPLICATION_AT = 68 };
	struct state state;

	fill_and_close();
	for (unsigned int i = 0; i < HEADER; i += STRIDE) {
		copy("outbox.db", "bad.db");
		overwrite("bad.db", i, "\x2a", 1);
		sh("touch bad.db-lock");
		iotkit_status status = store_open(at("bad.db"), STORE_SYNC_PROCESS, &store, &found);
		if (i / 4 == VERSION_AT / 4 || i / 4 == APPLICATION_AT / 4) {
			ck_assert(is_believed(status));
		} else {
			ck_assert_msg(status == IOTKIT_OK, "byte %u: %s", i, iotkit_last_error());
			use(&state);
			ck_assert_uint_eq(stored.count, LAST_ID - FIRST_ID + 1);
			ck_assert_uint_eq(state.flights + state.received, 3);
			assert_sound("bad.db");
		}
		unlink_all("bad.db");
	}
}
END_TEST

START_TEST(random_bytes_never_crash_it_nor_become_a_message)
{
	enum { ROUNDS = 200 / STRIDE };
	const char *given = getenv("STORE_SEED");
	unsigned int used = 0, aside = 0;
	struct state state;

	uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 20261123;
	printf("seed %llu (STORE_SEED)\n", (unsigned long long)first);
	fill_and_close();
	sh("mv outbox.db plain.db; rm outbox.db*");
	in_killed_process(fill_twice);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		seed = first + round;
		copy(round % 2 == 0 ? "plain.db" : "outbox.db", "bad.db");
		scribble(round % 4 == 3 ? "bad.db-wal" : "bad.db");
		iotkit_status status = store_open(at("bad.db"), STORE_SYNC_PROCESS, &store, &found);
		if (status != IOTKIT_OK) {
			ck_assert_msg(is_believed(status), "round %d: %s", (int)round,
				      iotkit_last_error());
			ck_assert_uint_eq(count_files("damaged"), 0);
		} else {
			use(&state);
			used++;
			aside += found.aside[0] != '\0';
			assert_sound("bad.db");
		}
		unlink_all("bad.db");
	}
	ck_assert_uint_gt(used, ROUNDS * 3 / 4);
	ck_assert_uint_gt(aside, ROUNDS / 4);
}
END_TEST

/* ---- Check sums ---- */

static uint64_t damaged_id, damaged_bytes;

static bool note_damaged(void *context, const struct outbox_message *message)
{
	(void)context;
	if (message->topic == NULL) {
		ck_assert_ptr_null(message->payload);
		damaged_id = message->id;
		damaged_bytes = message->size;
	}
	return true;
}

START_TEST(a_changed_message_is_told_and_can_be_removed)
{
	fill_and_close();
	sql("outbox.db", "UPDATE message SET topic='T/300' WHERE id=300");
	open_store();
	ck_assert_str_eq(found.aside, "");
	damaged_id = 0;
	assert_ok(store_read(store, 0, UINT64_MAX, note_damaged, NULL));
	ck_assert_uint_eq(damaged_id, 300);
	ck_assert_uint_eq(damaged_bytes, stored_bytes(300));
	assert_ok(store_begin(store));
	assert_ok(store_remove(store, damaged_id, damaged_bytes));
	assert_ok(store_commit(store));
	reopen_store();
	assert_found(LAST_ID, LAST_ID - FIRST_ID);
}
END_TEST

START_TEST(a_changed_row_beside_the_messages_is_damage)
{
	static const char *const changes[] = {
		"UPDATE flight SET packet_id=3 WHERE id=205",
		"UPDATE received SET packet='PACKET'",
		"UPDATE text SET value='you' WHERE name='client_id'",
		"UPDATE totals SET removed_bytes=1",
		"DELETE FROM message WHERE id>1400",
		"UPDATE message SET total=1 WHERE id=1500",
		"DROP TABLE received",
		"PRAGMA user_version=0",
	};
	struct state state;

	fill_and_close();
	copy("outbox.db", "bad.db");
	sql("bad.db", changes[_i]);
	open_damaged("bad.db", &state);
	ck_assert_str_ne(found.aside, "");
	if (strstr(changes[_i], "message") == NULL)
		ck_assert_uint_eq(found.recovered, LAST_ID - FIRST_ID + 1);
	ck_assert_uint_ge(state.flights + state.received + (state.text[0] != '\0'), 2);
	assert_sound("bad.db");
}
END_TEST

/* ---- Setting aside ---- */

START_TEST(what_was_set_aside_is_whole_and_has_a_date)
{
	char today[16], name[300];
	struct state state;
	time_t now = time(NULL);
	struct tm date;

	strftime(today, sizeof today, "%Y%m%dT", gmtime_r(&now, &date));
	snprintf(name, sizeof name, "%s/outbox.db.damaged-%s", workshop, today);
	fill_and_close();
	erase_page("outbox.db", 3);
	sh("md5sum < outbox.db > sum");
	open_damaged("outbox.db", &state);
	ck_assert_msg(strncmp(found.aside, name, strlen(name)) == 0, "%s", found.aside);
	sh("md5sum < %s | cmp - sum", found.aside);
	close_store();
	for (int i = 0; i < 2; i++) {
		erase_page("outbox.db", 3);
		open_store();
		close_store();
	}
	/* Each with its own name, though made within a second. */
	sh("test $(ls outbox.db.damaged-* | grep -v -- -wal | wc -l) = 3");
}
END_TEST

START_TEST(what_was_locked_is_an_outbox_whatever_is_in_it)
{
	fill_and_close();
	sh("seq 1 3000 > outbox.db");
	open_store();
	ck_assert_str_ne(found.aside, "");
	ck_assert_uint_eq(found.rows, 0);
	sh("seq 1 3000 | cmp - %s", found.aside);
}
END_TEST

START_TEST(a_store_in_use_is_salvaged_with_all_that_was_committed)
{
	fill();
	assert_ok(store_begin(store));
	insert(LAST_ID + 1);
	assert_ok(store_salvage(store, &found));
	ck_assert_uint_eq(found.recovered, LAST_ID - FIRST_ID + 1);
	ck_assert_uint_eq(found.lost, 0);
	assert_found(LAST_ID, LAST_ID - FIRST_ID + 1);
	insert_all(LAST_ID + 1, LAST_ID + 1);
	reopen_store();
	ck_assert_str_eq(found.aside, "");
	assert_found(LAST_ID + 1, LAST_ID - FIRST_ID + 2);
}
END_TEST

START_TEST(a_salvage_that_fails_changes_nothing_and_can_be_tried_again)
{
	struct state state;

	fill();
	sh("mkdir outbox.db-new; touch outbox.db-new/x");
	ck_assert_int_eq(store_salvage(store, &found), IOTKIT_ESYSTEM);
	ck_assert_int_eq(store_begin(store), IOTKIT_ESYSTEM);
	ck_assert_int_eq(store_fault(store), STORE_CORRUPT);
	ck_assert_int_eq(read_all(&state), IOTKIT_ESYSTEM);
	store_rollback(store);
	ck_assert_uint_eq(count_files("damaged"), 0);
	sh("rm -r outbox.db-new");
	assert_ok(store_salvage(store, &found));
	assert_found(LAST_ID, LAST_ID - FIRST_ID + 1);
}
END_TEST

static void salvage_it(void)
{
	fill();
	assert_ok(store_salvage(store, &found));
}

START_TEST(a_crash_while_files_change_their_names_loses_nothing)
{
	struct state state;

	in_killed_process(salvage_it);
	sh("rm outbox.db-shm; test ! -s outbox.db-wal; rm -f outbox.db-wal");
	/* Before the first rename: the damaged file is still in its place. */
	sh("mv outbox.db outbox.db-salvaged; for f in outbox.db.damaged-*; do "
	   "case $f in *-wal) mv $f outbox.db-wal;; *) mv $f outbox.db;; esac; done");
	if (_i == 1) /* after it, and before that of the log */
		sh("mv outbox.db outbox.db.damaged-1");
	if (_i == 2) /* after that */
		sh("mv outbox.db outbox.db.damaged-1; mv outbox.db-wal outbox.db.damaged-1-wal");
	open_damaged("outbox.db", &state);
	ck_assert_uint_eq(stored.count, LAST_ID - FIRST_ID + 1);
	ck_assert_uint_eq(found.last_id, LAST_ID);
	ck_assert_uint_eq(state.flights + state.received, 3);
	if (_i > 0)
		ck_assert_uint_eq(found.recovered, LAST_ID - FIRST_ID + 1);
	sh("! test -e outbox.db-salvaged");
	assert_sound("outbox.db");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_damage");
	TCase *tests = tcase_create("damage");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_set_timeout(tests, 100);
	tcase_add_test(tests, cut_at_any_page_it_opens_and_what_is_lost_is_counted);
	tcase_add_test(tests, cut_at_any_page_its_log_is_used);
	tcase_add_test(tests, a_log_that_is_cut_loses_the_last_commits_only);
	tcase_add_test(tests, a_log_without_its_file_is_an_outbox);
	tcase_add_test(tests, without_its_header_or_a_root_all_messages_are_recovered);
	tcase_add_test(tests, a_bad_page_loses_its_own_messages_only);
	tcase_add_test(tests, messages_that_have_gone_do_not_come_back);
	tcase_add_test(tests, with_any_byte_of_its_header_changed_all_messages_are_there);
	tcase_add_test(tests, random_bytes_never_crash_it_nor_become_a_message);
	tcase_add_test(tests, a_changed_message_is_told_and_can_be_removed);
	tcase_add_loop_test(tests, a_changed_row_beside_the_messages_is_damage, 0, 8);
	tcase_add_test(tests, what_was_set_aside_is_whole_and_has_a_date);
	tcase_add_test(tests, what_was_locked_is_an_outbox_whatever_is_in_it);
	tcase_add_test(tests, a_store_in_use_is_salvaged_with_all_that_was_committed);
	tcase_add_test(tests, a_salvage_that_fails_changes_nothing_and_can_be_tried_again);
	tcase_add_loop_test(tests, a_crash_while_files_change_their_names_loses_nothing, 0, 3);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
