/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/stat.h>

#include "stored.h"

/* After this a child ends even when its test has failed. */
enum { CHILD_S = 30 };

static void assert_busy(const char *name, const char *part)
{
	struct store *second = NULL;

	assert_fails(store_open(at(name), STORE_SYNC_PROCESS, &second, &found), IOTKIT_EBUSY, part);
	ck_assert_ptr_null(second);
}

static void wait_for_end(pid_t child)
{
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

/* A process that has the store open once this returns. */
static pid_t start_holder(void)
{
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		alarm(CHILD_S);
		open_store();
		insert_all(1, 3);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

START_TEST(a_second_handle_in_the_process_is_refused)
{
	open_store();
	assert_busy("outbox.db", "this process has the outbox /");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "give each gateway an outbox.path"));
	insert_all(1, 2);
	reopen_store();
	assert_found(2, 2);
}
END_TEST

/* By POSIX any close() of a file ends this process's locks on it. Without those of SQLite
 * the next reader would take itself for the last one, and remove the log. */
START_TEST(a_refused_handle_leaves_the_locks_of_the_first)
{
	open_store();
	assert_busy("outbox.db", "this process");
	sh("python3 -c 'import sqlite3; "
	   "sqlite3.connect(\"outbox.db\").execute(\"SELECT count(*) FROM message\")'");
	sh("test -e outbox.db-wal");
}
END_TEST

START_TEST(a_second_process_is_told_who_has_it)
{
	char part[64];
	pid_t holder = start_holder();

	snprintf(part, sizeof part, "process %ld (test_store_lock) has the outbox", (long)holder);
	assert_busy("outbox.db", part);
	wait_for_end(holder);
}
END_TEST

START_TEST(the_lock_ends_with_its_process)
{
	wait_for_end(start_holder());
	open_store();
	assert_found(3, 3);
}
END_TEST

START_TEST(a_link_to_the_file_is_the_same_outbox)
{
	open_store();
	sh("ln -s outbox.db link; mkdir sub; ln -s ../outbox.db sub/other");
	assert_busy("link", "this process");
	assert_busy("sub/other", "this process");
	sh("! test -e link-lock && ! test -e sub/other-lock");
}
END_TEST

START_TEST(a_child_that_kept_the_lock_is_told_from_its_parent)
{
	int ready[2];
	pid_t grandchild = 0;

	ck_assert_int_eq(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		open_store();
		grandchild = fork();
		if (grandchild == 0) {
			alarm(CHILD_S);
			pause();
		}
		if (write(ready[1], &grandchild, sizeof grandchild) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(read(ready[0], &grandchild, sizeof grandchild), sizeof grandchild);
	ck_assert_int_gt(grandchild, 0); /* kill() takes -1 for everybody */
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	assert_busy("outbox.db", "which has ended itself, has the outbox");
	ck_assert_int_eq(kill(grandchild, SIGKILL), 0);
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(what_an_old_lock_file_says_does_not_matter)
{
	sh("echo 1 > outbox.db-lock");
	open_store();
	sh("test \"$(cat outbox.db-lock)\" = %ld", (long)getpid());
}
END_TEST

START_TEST(the_lock_file_stays_and_is_private)
{
	struct stat file;

	open_store();
	close_store();
	ck_assert_int_eq(stat(at("outbox.db-lock"), &file), 0);
	ck_assert_int_eq(file.st_mode & 0777, 0600);
	open_store();
}
END_TEST

START_TEST(a_failed_opening_leaves_no_lock_behind)
{
	struct store *none = NULL;

	open_store();
	close_store();
	sql("outbox.db", "PRAGMA user_version=99");
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(store_open(at("outbox.db"), STORE_SYNC_PROCESS, &none, &found),
				 IOTKIT_ENOTSUP);
	sql("outbox.db", "PRAGMA user_version=2");
	open_store();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_lock");
	TCase *tests = tcase_create("lock");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_add_test(tests, a_second_handle_in_the_process_is_refused);
	tcase_add_test(tests, a_refused_handle_leaves_the_locks_of_the_first);
	if (!suite_emulated()) /* the process has qemu's name */
		tcase_add_test(tests, a_second_process_is_told_who_has_it);
	tcase_add_test(tests, the_lock_ends_with_its_process);
	tcase_add_test(tests, a_link_to_the_file_is_the_same_outbox);
	tcase_add_test(tests, a_child_that_kept_the_lock_is_told_from_its_parent);
	tcase_add_test(tests, what_an_old_lock_file_says_does_not_matter);
	tcase_add_test(tests, the_lock_file_stays_and_is_private);
	tcase_add_test(tests, a_failed_opening_leaves_no_lock_behind);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
