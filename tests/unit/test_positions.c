/* SPDX-License-Identifier: MIT
 *
 * How far kits' numbers have come: in memory, in a file, and when that fails.
 */
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "outbox/outbox.h"
#include "suite.h"
#include "workshop.h"

enum { ROWS = 8, WAIT_S = 20, KITS_MAX = 1024, SEQ_MAX = 2000 };

static struct outbox *outbox;
static bool in_file;
static unsigned long dropped_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t heard = PTHREAD_COND_INITIALIZER;

static void count_dropped(void *context, const struct outbox_message *message, const char *why)
{
	(void)context;
	(void)message;
	(void)why;
	pthread_mutex_lock(&lock);
	dropped_count++;
	pthread_cond_broadcast(&heard);
	pthread_mutex_unlock(&lock);
}

static void hear_saved(void *context)
{
	(void)context;
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&heard);
	pthread_mutex_unlock(&lock);
}

static void set_limits(uint64_t rows, enum outbox_policy policy)
{
	const struct outbox_limits limits = {
		.max_rows = rows, .max_bytes = 1000000, .policy = policy};

	outbox_set_limits(outbox, &limits);
}

static void open_it(void)
{
	const struct outbox_listener listener = {.dropped = count_dropped, .saved = hear_saved};

	ck_assert_int_eq(outbox_open(&listener, &outbox), IOTKIT_OK);
	set_limits(ROWS, OUTBOX_REJECT);
	if (in_file)
		ck_assert_msg(outbox_attach(outbox, at("outbox"), STORE_SYNC_PROCESS) == IOTKIT_OK,
			      "%s", iotkit_last_error());
}

static void setup_memory(void)
{
	in_file = false;
	dropped_count = 0;
	open_it();
}

static void setup_file(void)
{
	in_file = true;
	dropped_count = 0;
	workshop_open();
	open_it();
}

static void teardown(void)
{
	outbox_close(outbox);
	if (in_file)
		workshop_close();
}

static void reopen(void)
{
	outbox_close(outbox);
	open_it();
}

static const struct outbox_message message = {
	.topic = "t", .payload = "payload", .size = 7, .qos = 1};

static iotkit_status send(const char *kit, uint32_t boot, uint32_t seq)
{
	const struct outbox_origin origin = {.kit = kit, .boot = boot, .seq = seq};

	return outbox_append_from(outbox, &message, &origin);
}

static void must_send(const char *kit, uint32_t boot, uint32_t seq)
{
	ck_assert_msg(send(kit, boot, seq) == IOTKIT_OK, "%s", iotkit_last_error());
}

static void advance(const char *kit, uint32_t boot, uint32_t seq)
{
	outbox_advance(outbox, &(struct outbox_origin){.kit = kit, .boot = boot, .seq = seq});
}

static struct outbox_position position_of(const char *kit)
{
	struct outbox_position position = {7, 7, 7};

	outbox_position(outbox, kit, &position);
	return position;
}

static void assert_at(const char *kit, uint32_t boot, uint32_t taken, uint32_t saved)
{
	struct outbox_position is = position_of(kit);

	ck_assert_msg(is.boot == boot && is.taken == taken && is.saved == saved,
		      "%s is at %x: %u, saved %u", kit, is.boot, is.taken, is.saved);
}

static bool is_saved(const char *kit, uint32_t boot, uint32_t seq)
{
	struct outbox_position is = position_of(kit);

	return is.boot == boot && is.saved >= seq;
}

/* Hears of it, or has it from memory at once. */
static void await_saved(const char *kit, uint32_t boot, uint32_t seq)
{
	struct timespec deadline;
	bool in_time = true;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += WAIT_S;
	pthread_mutex_lock(&lock);
	while (in_time && !is_saved(kit, boot, seq))
		in_time = pthread_cond_timedwait(&heard, &lock, &deadline) == 0;
	pthread_mutex_unlock(&lock);
	ck_assert_msg(in_time, "%s was not saved, or nobody heard of it", kit);
	assert_at(kit, boot, seq, seq);
}

static void await_dropped(unsigned long count)
{
	struct timespec deadline;
	bool in_time = true;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += WAIT_S;
	pthread_mutex_lock(&lock);
	while (in_time && dropped_count < count)
		in_time = pthread_cond_timedwait(&heard, &lock, &deadline) == 0;
	ck_assert_uint_eq(dropped_count, count);
	pthread_mutex_unlock(&lock);
}

static uint64_t rows(void)
{
	struct outbox_counters counters;

	outbox_count(outbox, &counters);
	return counters.rows;
}

static const char *name_of(int kit)
{
	static char name[32];

	snprintf(name, sizeof name, "kit %04d", kit);
	return name;
}

/* ---- With and without a file ---- */

/* What reads the database has it brought up to date. */
static void settle(void)
{
	char text[8];

	outbox_save(outbox);
	ck_assert_int_eq(outbox_get_text(outbox, "none", text, sizeof text), IOTKIT_OK);
}

START_TEST(of_a_kit_that_never_sent_nothing_is_known)
{
	assert_at("greenhouse", 0, 0, 0);
	must_send("green", 1, 1);
	assert_at("greenhouse", 0, 0, 0);
	assert_at("gree", 0, 0, 0);
	assert_at("", 0, 0, 0);
}
END_TEST

START_TEST(each_kit_goes_its_own_way)
{
	must_send("one", 0x5f3a9c01, 1);
	must_send("two", 9, 41);
	must_send("one", 0x5f3a9c01, 2);
	must_send("two", 9, UINT32_MAX);
	await_saved("one", 0x5f3a9c01, 2);
	await_saved("two", 9, UINT32_MAX);
	ck_assert_uint_eq(rows(), 4);
}
END_TEST

START_TEST(after_a_boot_a_kit_begins_anew)
{
	must_send("one", UINT32_MAX, 500);
	await_saved("one", UINT32_MAX, 500);
	must_send("one", 3, 1);
	await_saved("one", 3, 1);
}
END_TEST

START_TEST(what_is_not_taken_comes_again)
{
	for (uint32_t seq = 1; seq <= ROWS; seq++)
		must_send("one", 1, seq);
	await_saved("one", 1, ROWS);
	assert_fails(send("one", 1, ROWS + 1), IOTKIT_EFULL, "full");
	assert_fails(send("two", 1, 1), IOTKIT_EFULL, "full");
	assert_fails(send("one", 2, 1), IOTKIT_EFULL, "full");
	assert_at("one", 1, ROWS, ROWS);
	assert_at("two", 0, 0, 0);
}
END_TEST

START_TEST(what_the_policy_gives_up_does_not_come_again)
{
	set_limits(2, _i == 0 ? OUTBOX_DROP_NEWEST : OUTBOX_DROP_OLDEST);
	for (uint32_t seq = 1; seq <= 5; seq++)
		must_send("one", 1, seq);
	await_saved("one", 1, 5);
	ck_assert_uint_eq(rows(), 2);
	await_dropped(3);
	must_send("two", 1, 1);
	await_saved("two", 1, 1);
}
END_TEST

START_TEST(a_number_may_come_without_a_message)
{
	must_send("one", 1, 1);
	advance("one", 1, 4);
	advance("two", 2, 1);
	await_saved("one", 1, 4);
	await_saved("two", 2, 1);
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

START_TEST(what_is_kept_for_a_pack_is_taken)
{
	const struct outbox_origin origin = {.kit = "one", .boot = 1, .seq = 1};
	struct outbox_message out;
	uint64_t id = 0;

	ck_assert_int_eq(outbox_keep_from(outbox, &message, &origin, &id), IOTKIT_OK);
	ck_assert_uint_eq(id, 1);
	await_saved("one", 1, 1);
	ck_assert(!outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_int_eq(outbox_replace(outbox, &id, 1, &message), IOTKIT_OK);
	outbox_save(outbox);
	assert_at("one", 1, 1, 1);
	ck_assert_uint_eq(rows(), 1);
	set_limits(1, OUTBOX_DROP_NEWEST);
	const struct outbox_origin next = {.kit = "one", .boot = 1, .seq = 2};
	ck_assert_int_eq(outbox_keep_from(outbox, &message, &next, &id), IOTKIT_OK);
	ck_assert_uint_eq(id, 0);
	await_saved("one", 1, 2);
}
END_TEST

START_TEST(of_too_many_kits_the_one_that_sent_nothing_for_longest_is_forgotten)
{
	for (int kit = 0; kit < KITS_MAX; kit++)
		advance(name_of(kit), 1, 1);
	advance(name_of(0), 1, 2);
	outbox_save(outbox);
	advance("one more", 1, 1);
	await_saved("one more", 1, 1);
	assert_at(name_of(0), 1, 2, 2);
	assert_at(name_of(1), 0, 0, 0);
	assert_at(name_of(2), 1, 1, 1);
	for (int kit = 0; kit < 3 * KITS_MAX; kit++)
		advance(name_of(kit), 1, 1);
	outbox_save(outbox);
	assert_at("one more", 0, 0, 0);
	assert_at(name_of(2 * KITS_MAX - 1), 0, 0, 0);
	assert_at(name_of(2 * KITS_MAX), 1, 1, 1);
}
END_TEST

/* ---- In a file ---- */

static int count_texts(void)
{
	sqlite3 *db;
	sqlite3_stmt *count;

	ck_assert_int_eq(sqlite3_open(at("outbox"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM text WHERE name LIKE 'kit/%'",
					    -1, &count, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(count), SQLITE_ROW);
	int texts = sqlite3_column_int(count, 0);
	sqlite3_finalize(count);
	sqlite3_close(db);
	return texts;
}

static void sql(const char *text)
{
	sqlite3 *db;
	char *why = NULL;

	ck_assert_int_eq(sqlite3_open(at("outbox"), &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK, "%s", why);
	sqlite3_close(db);
}

START_TEST(a_position_outlives_the_process)
{
	must_send("one", 0x0f3a9c01, 17);
	must_send("w\xC3\xA4rme / 2", UINT32_MAX, UINT32_MAX);
	ck_assert_int_eq(outbox_set_text(outbox, "kit", "no kit"), IOTKIT_OK);
	ck_assert_int_eq(outbox_set_text(outbox, "kits", "none either"), IOTKIT_OK);
	for (int life = 0; life < 2; life++) {
		reopen();
		assert_at("one", 0x0f3a9c01, 17, 17);
		assert_at("w\xC3\xA4rme / 2", UINT32_MAX, UINT32_MAX, UINT32_MAX);
		assert_at("", 0, 0, 0);
		ck_assert_int_eq(count_texts(), 2);
	}
	must_send("one", 0x0f3a9c01, 18);
	must_send("w\xC3\xA4rme / 2", 5, 1);
	reopen();
	assert_at("one", 0x0f3a9c01, 18, 18);
	assert_at("w\xC3\xA4rme / 2", 5, 1, 1);
	ck_assert_uint_eq(rows(), 4);
}
END_TEST

START_TEST(who_is_forgotten_is_not_in_the_file_either)
{
	for (int kit = 0; kit < KITS_MAX + 10; kit++)
		advance(name_of(kit), 1, 1);
	settle();
	ck_assert_int_eq(count_texts(), KITS_MAX);
	for (int kit = 0; kit < 10; kit++)
		advance(name_of(kit), 1, 2);
	settle();
	ck_assert_int_eq(count_texts(), KITS_MAX);
	/* Forgotten and back again before it is saved. */
	for (int kit = 0; kit < KITS_MAX + 10; kit++)
		advance(name_of(kit), 1, 3);
	settle();
	ck_assert_int_eq(count_texts(), KITS_MAX);
	reopen();
	assert_at(name_of(9), 0, 0, 0);
	assert_at(name_of(10), 1, 3, 3);
	assert_at(name_of(KITS_MAX + 9), 1, 3, 3);
}
END_TEST

START_TEST(a_file_with_too_many_kits_is_left_with_so_many)
{
	for (int kit = 0; kit < KITS_MAX; kit++)
		advance(name_of(kit), 1, 1);
	outbox_close(outbox);
	struct store *store;
	struct store_found found;
	ck_assert_int_eq(store_open(at("outbox"), STORE_SYNC_PROCESS, &store, &found), IOTKIT_OK);
	for (int i = 0; i < 5; i++) {
		char name[32];
		snprintf(name, sizeof name, "kit/z%d", i);
		ck_assert_int_eq(store_set_text(store, name, "00000009 9"), IOTKIT_OK);
	}
	store_close(store);
	open_it();
	settle();
	ck_assert_int_eq(count_texts(), KITS_MAX);
	assert_at("z4", 9, 9, 9);
}
END_TEST

static struct rlimit usual_limit;

/* Nothing can be saved: no file may be written to. */
static void block(void)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &usual_limit), 0);
	limit = usual_limit;
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void unblock(void)
{
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &usual_limit), 0);
}

START_TEST(while_the_file_fails_nothing_is_saved)
{
	must_send("one", 1, 1);
	must_send("two", 1, 1);
	await_saved("one", 1, 1);
	await_saved("two", 1, 1);
	block();
	must_send("one", 1, 2);
	must_send("two", 2, 1);
	outbox_save(outbox);
	assert_at("one", 1, 2, 1);
	assert_at("two", 2, 1, 0);
	must_send("one", 1, 3);
	advance("new", 1, 1);
	outbox_save(outbox);
	assert_at("one", 1, 3, 1);
	assert_at("new", 1, 1, 0);
	unblock();
	await_saved("one", 1, 3);
	await_saved("two", 2, 1);
	await_saved("new", 1, 1);
	reopen();
	assert_at("one", 1, 3, 3);
	assert_at("two", 2, 1, 1);
	ck_assert_uint_eq(rows(), 5);
}
END_TEST

START_TEST(who_is_forgotten_while_the_file_fails_leaves_it_later)
{
	advance("one", 1, 1);
	await_saved("one", 1, 1);
	block();
	for (int kit = 0; kit < 2 * KITS_MAX; kit++)
		advance(name_of(kit), 1, 1);
	outbox_save(outbox);
	assert_at("one", 0, 0, 0);
	for (int kit = 0; kit < 2 * KITS_MAX; kit++)
		advance(name_of(kit), 2, 1);
	unblock();
	await_saved(name_of(2 * KITS_MAX - 1), 2, 1);
	settle();
	ck_assert_int_eq(count_texts(), KITS_MAX);
	reopen();
	assert_at("one", 0, 0, 0);
	assert_at(name_of(KITS_MAX), 2, 1, 1);
}
END_TEST

/* ---- Damage ---- */

static void erase_page(long number)
{
	static const char zeros[4096];
	FILE *file = fopen(at("outbox"), "r+");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, (number - 1) * (long)sizeof zeros, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(zeros, sizeof zeros, 1, file), 1);
	fclose(file);
}

/* So many that their tree has rows on its inner page, too. */
START_TEST(salvage_brings_every_kit)
{
	for (int kit = 0; kit < KITS_MAX; kit++)
		advance(name_of(kit), 0xabcdef01, (uint32_t)kit + 1);
	must_send("one", 1, 1);
	outbox_close(outbox);
	erase_page(1);
	open_it();
	sh("ls outbox.damaged-*");
	assert_at(name_of(0), 0, 0, 0);
	for (int kit = 1; kit < KITS_MAX; kit++)
		assert_at(name_of(kit), 0xabcdef01, (uint32_t)kit + 1, (uint32_t)kit + 1);
	assert_at("one", 1, 1, 1);
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

START_TEST(a_position_that_is_damaged_does_not_pass_for_one)
{
	must_send("one", 1, 1);
	must_send("two", 1, 1);
	outbox_close(outbox);
	sql("UPDATE text SET value='00000001 9' WHERE name='kit/one'");
	open_it();
	sh("ls outbox.damaged-*");
	assert_at("one", 0, 0, 0);
	assert_at("two", 1, 1, 1);
	ck_assert_uint_eq(rows(), 2);
}
END_TEST

static void take_no_packet(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	(void)context;
	(void)packet;
	ck_abort_msg("packet %d of %zu bytes passed for one", packet_id, size);
}

START_TEST(a_file_damaged_in_use_has_all_that_memory_knows)
{
	must_send("one", 1, 1);
	must_send("two", 1, 1);
	ck_assert_int_eq(outbox_set_received(outbox, 1, "packet", 6), IOTKIT_OK);
	settle();
	sql("UPDATE text SET value='00000001 9' WHERE name='kit/one';"
	    "UPDATE received SET packet='PACKET'");
	outbox_received(outbox, take_no_packet, NULL);
	sh("ls outbox.damaged-*");
	reopen();
	assert_at("one", 1, 1, 1);
	assert_at("two", 1, 1, 1);
	ck_assert_uint_eq(rows(), 2);
}
END_TEST

/* ---- Threads ---- */

static void *send_all(void *kit)
{
	for (uint32_t seq = 1; seq <= SEQ_MAX; seq++)
		if (send(kit, 1, seq) != IOTKIT_OK)
			return NULL;
	return kit;
}

START_TEST(many_threads_send_and_ask_at_once)
{
	char names[4][8] = {"one", "two", "three", "four"};
	pthread_t threads[4];
	uint32_t before[4] = {0};
	bool done = false;
	int64_t deadline = clock_monotonic_ms() + 1000 * WAIT_S;

	set_limits(1000000, OUTBOX_REJECT);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_all, names[i]), 0);
	while (!done) {
		ck_assert_int_lt(clock_monotonic_ms(), deadline);
		done = true;
		for (int i = 0; i < 4; i++) {
			struct outbox_position is = position_of(names[i]);
			ck_assert_uint_le(is.saved, is.taken);
			ck_assert_uint_ge(is.saved, before[i]);
			before[i] = is.saved;
			done = done && is.saved == SEQ_MAX;
		}
	}
	for (int i = 0; i < 4; i++) {
		void *result = NULL;
		pthread_join(threads[i], &result);
		ck_assert_ptr_eq(result, names[i]);
	}
	ck_assert_uint_eq(rows(), 4 * SEQ_MAX);
}
END_TEST

static TCase *both(const char *name, SFun setup)
{
	TCase *tests = tcase_create(name);

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, of_a_kit_that_never_sent_nothing_is_known);
	tcase_add_test(tests, each_kit_goes_its_own_way);
	tcase_add_test(tests, after_a_boot_a_kit_begins_anew);
	tcase_add_test(tests, what_is_not_taken_comes_again);
	tcase_add_loop_test(tests, what_the_policy_gives_up_does_not_come_again, 0, 2);
	tcase_add_test(tests, a_number_may_come_without_a_message);
	tcase_add_test(tests, what_is_kept_for_a_pack_is_taken);
	tcase_add_test(tests, of_too_many_kits_the_one_that_sent_nothing_for_longest_is_forgotten);
	tcase_add_test(tests, many_threads_send_and_ask_at_once);
	return tests;
}

static TCase *file(void)
{
	TCase *tests = tcase_create("the file");

	tcase_add_checked_fixture(tests, setup_file, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_position_outlives_the_process);
	tcase_add_test(tests, who_is_forgotten_is_not_in_the_file_either);
	tcase_add_test(tests, a_file_with_too_many_kits_is_left_with_so_many);
	tcase_add_test(tests, while_the_file_fails_nothing_is_saved);
	tcase_add_test(tests, who_is_forgotten_while_the_file_fails_leaves_it_later);
	tcase_add_test(tests, salvage_brings_every_kit);
	tcase_add_test(tests, a_position_that_is_damaged_does_not_pass_for_one);
	tcase_add_test(tests, a_file_damaged_in_use_has_all_that_memory_knows);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("positions");

	suite_add_tcase(suite, both("in memory", setup_memory));
	suite_add_tcase(suite, both("in a file", setup_file));
	suite_add_tcase(suite, file());
	return suite_run(suite);
}
