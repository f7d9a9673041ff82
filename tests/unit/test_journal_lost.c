/* SPDX-License-Identifier: MIT
 *
 * The journal when a power cut, a bad disk or somebody's hand has taken a part of it: what
 * follows is right, and who has to know it is told.
 */
#include <glob.h>
#include <sys/stat.h>

#include "outbox/inspect.h"
#include "outbox/store_internal.h"
#include "stored.h"

enum { MESSAGES = 10, PADDING = 1000 };

/* All batches are of one size, each more than a sector. */
static void remove_one(uint64_t id)
{
	char padding[PADDING + 1];

	memset(padding, 'x', PADDING);
	padding[PADDING] = '\0';
	assert_ok(store_begin(store));
	assert_ok(store_remove(store, id, stored_bytes(id)));
	assert_ok(store_put_text(store, "padding", padding));
	assert_ok(store_commit(store));
}

/* The database as it is now is what a power cut will leave. */
static void note_what_is_on_the_disk(void)
{
	sh("mkdir disk; cp outbox.db outbox.db-wal disk/");
}

static void lose_power(void)
{
	sh("rm -f outbox.db outbox.db-wal outbox.db-shm; mv disk/* .; rmdir disk");
}

static void life_that_is_lost(void)
{
	open_store();
	insert_all(1, MESSAGES);
	assert_ok(store_settle(store));
	insert_all(MESSAGES + 1, MESSAGES + 1);
	note_what_is_on_the_disk();
	assert_ok(store_settle(store));
	for (uint64_t id = 1; id <= 5; id++)
		remove_one(id);
}

static void life_after_it(void)
{
	open_store();
	insert_all(MESSAGES + 1, MESSAGES + 1);
	assert_ok(store_settle(store));
	remove_one(6);
}

START_TEST(what_a_power_cut_has_left_of_a_lost_life_does_not_come_back)
{
	in_killed_process(life_that_is_lost);
	lose_power();
	in_killed_process(life_after_it);
	open_store();
	assert_found(MESSAGES + 1, MESSAGES);
	ck_assert(!stored.has[6]);
}
END_TEST

START_TEST(what_a_power_cut_has_left_can_be_looked_at)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};
	struct inspection *inspection;

	in_killed_process(life_that_is_lost);
	lose_power();
	assert_ok(inspect_open(at("outbox.db"), &inspection));
	assert_ok(inspect_summarize(inspection, &summary));
	ck_assert_uint_eq(summary.rows, MESSAGES);
	inspect_close(inspection);
}
END_TEST

/* ---- Damage ---- */

static void remove_some(void)
{
	open_store();
	insert_all(1, MESSAGES);
	assert_ok(store_settle(store));
	for (uint64_t id = 1; id <= 5; id++)
		remove_one(id);
}

START_TEST(damage_in_the_middle_is_told_and_the_journal_kept)
{
	glob_t asides;

	in_killed_process(remove_some);
	sh("cp outbox.db-recent before; dd if=/dev/zero of=before bs=1 seek=2500 count=100 "
	   "conv=notrunc; cp before outbox.db-recent");
	open_store();
	ck_assert_str_ne(found.recent_aside, "");
	assert_found(MESSAGES, MESSAGES - 2);
	ck_assert_int_eq(glob(at("outbox.db.damaged-*-recent"), 0, NULL, &asides), 0);
	ck_assert_uint_eq(asides.gl_pathc, 1);
	ck_assert_str_eq(found.recent_aside, asides.gl_pathv[0]);
	globfree(&asides);
	remove_one(3);
	sh("cmp before outbox.db.damaged-*-recent");
	reopen_store();
	ck_assert_str_eq(found.recent_aside, "");
	assert_found(MESSAGES, MESSAGES - 3);
}
END_TEST

static void open_damaged(void)
{
	open_store();
	insert_all(MESSAGES + 1, MESSAGES + 1);
}

START_TEST(damage_of_the_first_is_told_and_of_the_last_is_none)
{
	in_killed_process(remove_some);
	sh("mkdir last; cp outbox.db* last/");
	sh("dd if=/dev/zero of=outbox.db-recent bs=1 count=512 conv=notrunc");
	open_store();
	ck_assert_str_ne(found.recent_aside, "");
	assert_found(MESSAGES, MESSAGES);
	close_store();
	sh("rm outbox.db*; mv last/* .; truncate -s -100 outbox.db-recent");
	open_store();
	ck_assert_str_eq(found.recent_aside, "");
	assert_found(MESSAGES, MESSAGES - 4);
	close_store();
	in_killed_process(open_damaged);
	open_store();
	ck_assert_str_eq(found.recent_aside, "");
	assert_found(MESSAGES + 1, MESSAGES - 3);
}
END_TEST

/* The database is in the file itself, not in its log. */
static void remove_some_later(void)
{
	open_store();
	insert_all(1, MESSAGES);
	reopen_store();
	for (uint64_t id = 1; id <= 5; id++)
		remove_one(id);
}

START_TEST(damage_beside_a_damaged_file_is_told_too)
{
	in_killed_process(remove_some_later);
	sh("printf '\\377\\377\\377\\377\\377\\377\\377\\377' | "
	   "dd of=outbox.db-recent bs=1 seek=8 conv=notrunc");
	/* The root of the messages. */
	sh("dd if=/dev/zero of=outbox.db bs=4096 seek=2 count=1 conv=notrunc; rm -f outbox.db-shm");
	open_store();
	ck_assert_str_ne(found.aside, "");
	ck_assert_str_ne(found.recent_aside, "");
}
END_TEST

/* ---- Somebody's hand ---- */

static void lose_it_in_use(void)
{
	open_store();
	insert_all(1, 5);
	sh("rm outbox.db-recent");
	store->check_place_at = 0;
	insert_all(6, 6);
}

START_TEST(removed_in_use_it_is_made_again)
{
	in_killed_process(lose_it_in_use);
	open_store();
	assert_found(6, 6);
}
END_TEST

static void cut_it_in_use(void)
{
	open_store();
	insert_all(1, 5);
	sh("truncate -s 10 outbox.db-recent");
	store->check_place_at = 0;
	insert_all(6, 6);
}

START_TEST(cut_in_use_it_is_written_again)
{
	in_killed_process(cut_it_in_use);
	open_store();
	assert_found(6, 6);
	ck_assert_str_eq(found.recent_aside, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("a journal that was lost");
	TCase *tests = tcase_create("lost");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_set_timeout(tests, 100);
	tcase_add_test(tests, what_a_power_cut_has_left_of_a_lost_life_does_not_come_back);
	tcase_add_test(tests, what_a_power_cut_has_left_can_be_looked_at);
	tcase_add_test(tests, damage_in_the_middle_is_told_and_the_journal_kept);
	tcase_add_test(tests, damage_of_the_first_is_told_and_of_the_last_is_none);
	tcase_add_test(tests, damage_beside_a_damaged_file_is_told_too);
	tcase_add_test(tests, removed_in_use_it_is_made_again);
	tcase_add_test(tests, cut_in_use_it_is_written_again);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
