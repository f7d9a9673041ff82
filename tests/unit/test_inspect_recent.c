/* SPDX-License-Identifier: MIT
 *
 * What is seen of an outbox with a journal is what is in it: at rest after a kill, and while
 * another process changes it all the time.
 */
#include "outbox/inspect_internal.h"
#include "stored.h"

enum { IDS = 400, ROUNDS = SUITE_SANITIZED ? 30 : 100, LOOKS = SUITE_SANITIZED ? 20 : 100 };

/* ---- At rest ---- */

struct model {
	bool has[IDS];
	uint64_t last_id;
	uint64_t rows;
};

static void expect_insert(struct model *model, uint64_t id)
{
	model->rows += !model->has[id];
	model->has[id] = true;
	if (id > model->last_id)
		model->last_id = id;
}

static void expect_remove(struct model *model, uint64_t id)
{
	model->rows -= model->has[id];
	model->has[id] = false;
}

/* Ids mostly rise, but any may come or go, be it there or not. */
static void change_at_random(struct model *model)
{
	for (int i = rand() % 12; i > 0; i--) {
		uint64_t id = model->last_id + (rand() % 10 == 0 ? 3 : 1);
		if (id >= IDS || rand() % 8 == 0)
			id = (uint64_t)rand() % IDS;
		if (id > 0 && rand() % 2 == 0) {
			insert(id);
			expect_insert(model, id);
		} else {
			id = model->last_id > 0 ? model->last_id - (uint64_t)rand() % 4 : 0;
			id = id > IDS ? 0 : id;
			assert_ok(store_remove(store, id, stored_bytes(id)));
			expect_remove(model, id);
		}
	}
}

static void look_as_a_model_has_it(const struct model *model)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};
	struct inspection *inspection;
	const struct inspected *seen;
	uint64_t rows = 0;

	assert_ok(inspect_open(at("copy.db"), &inspection));
	assert_ok(inspect_summarize(inspection, &summary));
	ck_assert_uint_eq(summary.last_id, model->last_id);
	ck_assert_uint_eq(summary.rows, model->rows);
	for (;;) {
		assert_ok(inspect_next(inspection, &seen));
		if (seen == NULL)
			break;
		ck_assert(model->has[seen->message.id] && is_as_stored(&seen->message));
		rows++;
	}
	ck_assert_uint_eq(rows, model->rows);
	inspect_close(inspection);
}

/* A copy is what a killed process leaves. */
static void check_copy(const struct model *model)
{
	struct store *own = store;

	sh("for f in '' -wal -recent; do if test -e outbox.db$f; then cp outbox.db$f copy.db$f; "
	   "fi; "
	   "done");
	look_as_a_model_has_it(model);
	open_in("copy.db", STORE_SYNC_PROCESS);
	assert_found(model->last_id, model->rows);
	ck_assert_int_eq(memcmp(model->has, stored.has, sizeof model->has), 0);
	ck_assert_str_eq(found.aside, "");
	close_store();
	sh("rm -f copy.db*");
	store = own;
}

START_TEST(a_killed_process_leaves_what_a_model_has_whatever_was_done)
{
	static struct model model, next;

	srand(20261129);
	open_store();
	for (int round = 0; round < ROUNDS; round++) {
		next = model;
		assert_ok(store_begin(store));
		change_at_random(&next);
		if (rand() % 6 == 0) {
			store_rollback(store);
		} else {
			assert_ok(store_commit(store));
			model = next;
		}
		if (rand() % 9 == 0)
			assert_ok(store_settle(store));
		if (rand() % 20 == 0)
			reopen_store();
		check_copy(&model);
	}
}
END_TEST

/* ---- Its cost ---- */

static void leave_a_journal(void)
{
	open_store();
	insert_all(1, 1000);
	assert_ok(store_settle(store));
	insert_all(1001, 1100);
	remove_all(500, 600);
}

START_TEST(nothing_is_sorted_to_lay_the_journal_over_the_database)
{
	static const enum store_sql all[] = {SQL_READ, SQL_LAST_ROW, SQL_FIRST_ID};
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};
	struct inspection *inspection;
	const struct inspected *seen;

	in_killed_process(leave_a_journal);
	assert_ok(inspect_open(at("outbox.db"), &inspection));
	assert_ok(inspect_summarize(inspection, &summary));
	assert_ok(inspect_next(inspection, &seen));
	ck_assert_uint_eq(summary.rows, 999);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		ck_assert_int_eq(sqlite3_stmt_status(inspection->store.sql[all[i]],
						     SQLITE_STMTSTATUS_SORT, 0),
				 0);
	inspect_close(inspection);
}
END_TEST

/* ---- In use ---- */

enum { REOPEN_AFTER = 8192 /* less often than the time of a file changes by a tick */ };

static bool replace_oldest(uint64_t id)
{
	struct outbox_message message = stored_message(1);

	message.id = id;
	return store_begin(store) == IOTKIT_OK && store_insert(store, &message) == IOTKIT_OK &&
	       store_remove(store, id - 5, 1) == IOTKIT_OK && store_commit(store) == IOTKIT_OK;
}

/* There are five at any moment. It must not tell Check of anything: its parent does. */
static void change_for_ever(int ready)
{
	bool works = true;

	for (uint64_t id = 6; works; id++) {
		works = replace_oldest(id);
		if (id == 6 && write(ready, "", 1) != 1)
			works = false;
		/* A reader that begins may have the database for itself: then another time. */
		if (works && id % 64 == 0 && store_settle(store) != IOTKIT_OK)
			works = store_fault(store) == STORE_TROUBLE;
		if (works && id % REOPEN_AFTER == 0) {
			store_close(store);
			works = store_open(at("outbox.db"), STORE_SYNC_PROCESS, &store, &found) ==
				IOTKIT_OK;
		}
	}
	fprintf(stderr, "the writer failed: %s\n", iotkit_last_error());
	_exit(EXIT_FAILURE);
}

static uint64_t look_at_five(struct inspection *inspection)
{
	const struct inspected *seen;
	uint64_t first = 0;

	inspect_seek(inspection, 0);
	for (uint64_t i = 0; i < 5; i++) {
		assert_ok(inspect_next(inspection, &seen));
		ck_assert_ptr_nonnull(seen);
		first = i == 0 ? seen->message.id : first;
		ck_assert_uint_eq(seen->message.id, first + i);
	}
	return first;
}

START_TEST(a_file_that_changes_all_the_time_is_seen_as_it_was_at_some_moment)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};
	struct inspection *inspection;
	uint64_t last = 0;
	int ready[2], status;
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	open_store();
	insert_all(1, 5);
	close_store();
	pid_t writer = fork();
	ck_assert_int_ge(writer, 0);
	if (writer == 0) {
		alarm(150);
		if (store_open(at("outbox.db"), STORE_SYNC_PROCESS, &store, &found) == IOTKIT_OK)
			change_for_ever(ready[1]);
		_exit(EXIT_FAILURE);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	for (int i = 0; i < LOOKS; i++) {
		assert_ok(inspect_open(at("outbox.db"), &inspection));
		assert_ok(inspect_summarize(inspection, &summary));
		ck_assert_uint_eq(summary.rows, 5);
		uint64_t first = look_at_five(inspection);
		ck_assert_uint_ge(first + 4, summary.last_id);
		ck_assert_uint_ge(summary.last_id, last);
		last = first + 4;
		inspect_close(inspection);
	}
	kill(writer, SIGKILL);
	ck_assert_int_eq(waitpid(writer, &status, 0), writer);
	ck_assert_msg(WIFSIGNALED(status), "the writer failed");
	close(ready[0]);
	close(ready[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inspecting a journal");
	TCase *tests = tcase_create("recent");

	tcase_add_checked_fixture(tests, stored_start, stored_end);
	tcase_set_timeout(tests, 200);
	tcase_add_test(tests, a_killed_process_leaves_what_a_model_has_whatever_was_done);
	tcase_add_test(tests, nothing_is_sorted_to_lay_the_journal_over_the_database);
	tcase_add_test(tests, a_file_that_changes_all_the_time_is_seen_as_it_was_at_some_moment);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
