/* SPDX-License-Identifier: MIT
 *
 * Repeats, as an application has them recognised, and the file that keeps them.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "iotkit.h"
#include "suite.h"

enum { EPOCH = 77 };

static char folder[64], path[128];
static iotkit_dedup *dedup;

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-dedup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/seen", folder);
	dedup = NULL;
}

/* The folder has no others below it. */
static void remove_folder(void)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	char name[400];

	ck_assert_ptr_nonnull(entries);
	while ((entry = readdir(entries)) != NULL) {
		snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ck_assert_int_eq(remove(name), 0);
	}
	closedir(entries);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void stop(void)
{
	iotkit_dedup_close(dedup);
	remove_folder();
}

static void open_dedup(const char *file)
{
	iotkit_dedup_close(dedup);
	dedup = NULL;
	iotkit_status status = iotkit_dedup_open(file, &dedup);
	ck_assert_msg(status == IOTKIT_OK, "%s", iotkit_last_error());
}

static bool is_new(uint64_t epoch, uint64_t seq)
{
	int32_t result = iotkit_dedup_is_new(dedup, epoch, seq);

	ck_assert_int_ge(result, 0);
	return result == 1;
}

static void save(void)
{
	iotkit_status status = iotkit_dedup_save(dedup);

	ck_assert_msg(status == IOTKIT_OK, "%s", iotkit_last_error());
}

static size_t read_whole(char *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");

	ck_assert_ptr_nonnull(file);
	size_t n = fread(bytes, 1, size, file);
	fclose(file);
	return n;
}

static void write_whole(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

/* ---- arguments ---- */

START_TEST(what_is_missing_is_told)
{
	assert_fails(iotkit_dedup_open(NULL, NULL), IOTKIT_EINVAL, "out is NULL");
	assert_fails(iotkit_dedup_open("", &dedup), IOTKIT_EINVAL, "NULL stands for no file");
	assert_fails(iotkit_dedup_is_new(NULL, 1, 1), IOTKIT_EINVAL, "iotkit_dedup_open()");
	assert_fails(iotkit_dedup_save(NULL), IOTKIT_EINVAL, "iotkit_dedup_open()");
	iotkit_dedup_close(NULL);
}
END_TEST

START_TEST(a_message_without_epoch_or_seq_is_refused)
{
	open_dedup(NULL);
	assert_fails(iotkit_dedup_is_new(dedup, 0, 1), IOTKIT_EINVAL, "publish.id=on");
	assert_fails(iotkit_dedup_is_new(dedup, 1, 0), IOTKIT_EINVAL, "publish.id=on");
}
END_TEST

START_TEST(without_a_file_there_is_nothing_to_save_to)
{
	open_dedup(NULL);
	ck_assert(is_new(EPOCH, 1));
	ck_assert(!is_new(EPOCH, 1));
	assert_fails(iotkit_dedup_save(dedup), IOTKIT_ESTATE, "give iotkit_dedup_open() a path");
}
END_TEST

/* ---- the file ---- */

START_TEST(the_file_is_made_for_its_owner_alone)
{
	struct stat file;
	mode_t before = umask(0);

	open_dedup(path);
	umask(before);
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_uint_eq(file.st_mode & 0777, 0600);
	save();
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_uint_eq(file.st_mode & 0777, 0600);
}
END_TEST

START_TEST(what_is_saved_is_known_to_the_next_life)
{
	open_dedup(path);
	for (uint64_t seq = 1; seq <= 100; seq++)
		if (seq % 10 != 0)
			ck_assert(is_new(EPOCH, seq));
	ck_assert(is_new(UINT64_MAX, UINT64_MAX));
	save();
	ck_assert(is_new(EPOCH, 1000)); /* which nobody saves */
	open_dedup(path);
	for (uint64_t seq = 1; seq <= 100; seq++)
		ck_assert_int_eq(is_new(EPOCH, seq), seq % 10 == 0);
	ck_assert(!is_new(UINT64_MAX, UINT64_MAX));
	ck_assert(is_new(EPOCH, 1000));
}
END_TEST

START_TEST(what_is_forgotten_first_is_the_same_after_a_restart)
{
	open_dedup(path);
	for (uint64_t epoch = 1; epoch <= 64; epoch++)
		is_new(epoch, 1);
	is_new(1, 1); /* so that 2 is the oldest */
	for (uint64_t i = 0; i <= 1024; i++)
		is_new(EPOCH, 10 + 2 * i);
	is_new(EPOCH, 10); /* so that 12 is the oldest */
	save();
	open_dedup(path);
	ck_assert(is_new(EPOCH, 5));
	ck_assert(!is_new(EPOCH, 10));
	ck_assert(is_new(EPOCH, 12));
	ck_assert(is_new(100, 1)); /* for which 3 goes */
	ck_assert(!is_new(1, 1));
	for (uint64_t epoch = 4; epoch <= 64; epoch++)
		ck_assert(!is_new(epoch, 1));
	ck_assert(is_new(3, 1));
}
END_TEST

/* Files of this version stay readable: this one must never be changed. */
START_TEST(the_form_of_the_file_is_kept)
{
	static const char text[] = "iotkit dedup 1\n"
				   "clock 9\n"
				   "epoch 4503599627370497\n"
				   "1-4 6\n"
				   "90-93 9\n"
				   "epoch 77\n"
				   "18446744073709551615-18446744073709551615 1\n"
				   "sum 896c386c895c6ed8\n";
	char again[sizeof text + 1];

	write_whole(text, sizeof text - 1);
	open_dedup(path);
	save();
	ck_assert_uint_eq(read_whole(again, sizeof again), sizeof text - 1);
	ck_assert_mem_eq(again, text, sizeof text - 1);
	ck_assert(!is_new(77, UINT64_MAX));
	ck_assert(!is_new(4503599627370497, 93));
	ck_assert(is_new(4503599627370497, 5));
}
END_TEST

START_TEST(a_full_memory_is_saved_and_read)
{
	struct stat file;

	open_dedup(path);
	for (uint64_t epoch = UINT64_MAX; epoch > UINT64_MAX - 64; epoch--)
		for (uint64_t i = 0; i <= 1024; i++)
			iotkit_dedup_is_new(dedup, epoch, UINT64_MAX - 2 * i);
	save();
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_int_gt(file.st_size, 3000000);
	open_dedup(path);
	for (uint64_t epoch = UINT64_MAX; epoch > UINT64_MAX - 64; epoch--)
		ck_assert(!is_new(epoch, UINT64_MAX - 2048));
}
END_TEST

START_TEST(the_file_stays_where_it_is_when_the_program_goes_elsewhere)
{
	char back[4096];

	ck_assert_ptr_nonnull(getcwd(back, sizeof back));
	ck_assert_int_eq(chdir(folder), 0);
	open_dedup("seen");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert(is_new(EPOCH, 1));
	save();
	ck_assert_int_eq(chdir(back), 0);
	open_dedup(path);
	ck_assert(!is_new(EPOCH, 1));
}
END_TEST

START_TEST(a_folder_that_is_missing_is_told_at_once)
{
	char deep[160];

	snprintf(deep, sizeof deep, "%s/none/seen", folder);
	assert_fails(iotkit_dedup_open(deep, &dedup), IOTKIT_ESYSTEM, "make it with mkdir");
	ck_assert_ptr_null(dedup);
}
END_TEST

START_TEST(a_save_that_fails_is_told_and_forgets_nothing)
{
	open_dedup(path);
	ck_assert(is_new(EPOCH, 1));
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	assert_fails(iotkit_dedup_save(dedup), IOTKIT_ESYSTEM, path);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert(!is_new(EPOCH, 1));
	save();
	open_dedup(path);
	ck_assert(!is_new(EPOCH, 1));
}
END_TEST

/* ---- files that cannot be used ---- */

static void assert_refused(const char *why)
{
	iotkit_dedup *none = NULL;

	assert_fails(iotkit_dedup_open(path, &none), IOTKIT_EINVAL, why);
	ck_assert_ptr_null(none);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), path));
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "move it away"));
}

START_TEST(what_is_not_its_file_is_refused_and_left_alone)
{
	static const char foreign[] = "[mqtt]\nclient_id=7\n";
	char again[sizeof foreign + 1];

	write_whole(foreign, sizeof foreign - 1);
	assert_refused("it was not written by iotkit_dedup_save()");
	ck_assert_uint_eq(read_whole(again, sizeof again), sizeof foreign - 1);
	ck_assert_mem_eq(again, foreign, sizeof foreign - 1);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	assert_refused("is not a file");
}
END_TEST

START_TEST(a_file_of_another_version_is_refused)
{
	static const char text[] = "iotkit dedup 2\nwhatever comes\n";

	write_whole(text, sizeof text - 1);
	assert_refused("another version of libiotkit");
}
END_TEST

/* Saves something with two epochs and gaps, and returns its bytes. */
static size_t make_sample(char *bytes, size_t size)
{
	open_dedup(path);
	for (uint64_t seq = 1; seq <= 12; seq += 3)
		is_new(EPOCH, seq);
	is_new(4503599627370497, 9);
	save();
	return read_whole(bytes, size);
}

START_TEST(a_flipped_bit_is_noticed_wherever_it_is)
{
	char bytes[512];
	size_t size = make_sample(bytes, sizeof bytes);

	for (size_t i = 0; i < size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
			write_whole(bytes, size);
			assert_refused("cannot be used");
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
		}
	}
	write_whole(bytes, size);
	open_dedup(path);
}
END_TEST

START_TEST(a_file_that_was_cut_or_grew_is_noticed)
{
	char bytes[512] = "";
	size_t size = make_sample(bytes, sizeof bytes - 1);

	write_whole(bytes, 0);
	assert_refused("is empty");
	for (size_t cut = 1; cut < size; cut++) {
		write_whole(bytes, cut);
		assert_refused("cannot be used");
		write_whole(bytes + cut, size - cut);
		assert_refused("cannot be used");
	}
	write_whole(bytes, size + 1);
	assert_refused("cannot be used");
}
END_TEST

/* As somebody would write it who has the sum right. */
static void write_with_sum(const char *body)
{
	enum { SIZE = 40000 };
	static char text[SIZE];
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	int size = snprintf(text, SIZE, "iotkit dedup 1\n%s", body);

	for (int i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	size += snprintf(text + size, (size_t)(SIZE - size), "sum %016llx\n",
			 (unsigned long long)sum);
	write_whole(text, (size_t)size);
}

START_TEST(nonsense_with_the_right_sum_is_refused)
{
	static const char *const bodies[] = {
		"",
		"clock 1",
		"clock 01\n",
		"clock -1\n",
		"clock 4611686018427387905\n",
		"clock 18446744073709551616\n",
		"clock 9\nepoch 7\n",
		"clock 9\nepoch 0\n1-2 1\n",
		"clock 9\nepoch 7\n0-2 1\n",
		"clock 9\nepoch 7\n3-2 1\n",
		"clock 9\nepoch 7\n1-2 10\n",
		"clock 9\nepoch 7\n1-2 1\n3-4 1\n",
		"clock 9\nepoch 7\n1-2 1\n2-4 1\n",
		"clock 9\nepoch 7\n5-6 1\n1-2 1\n",
		"clock 9\nepoch 7\n5-18446744073709551616 1\n",
		"clock 9\nepoch 7\n1-18446744073709551615 1\n5-6 1\n",
		"clock 9\nepoch 7\n1-2 1\nepoch 7\n5-6 1\n",
		"clock 9\nepoch 7\n1-2 1\n\n",
		"clock 9\nepoch 7\n1-2 1",
		"clock 9\nepoch 7\n 1-2 1\n",
		"clock 9\n1-2 1\n",
	};

	write_with_sum("clock 9\nepoch 7\n1-2 1\n");
	open_dedup(path);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		write_with_sum(bodies[i]);
		assert_refused("it is damaged");
	}
}
END_TEST

START_TEST(more_than_the_bounds_allow_is_refused)
{
	enum { SIZE = 30000, RANGES = 1025, EPOCHS = 64 };
	static char body[SIZE];
	int used = snprintf(body, SIZE, "clock 9\nepoch 7\n");

	for (int i = 1; i <= RANGES; i++)
		used += snprintf(body + used, (size_t)(SIZE - used), "%d-%d 1\n", 2 * i, 2 * i);
	write_with_sum(body);
	open_dedup(path);
	snprintf(body + used, (size_t)(SIZE - used), "9999-9999 1\n");
	write_with_sum(body);
	assert_refused("it is damaged");
	used = snprintf(body, SIZE, "clock 9\n");
	for (int i = 1; i <= EPOCHS; i++)
		used += snprintf(body + used, (size_t)(SIZE - used), "epoch %d\n1-1 1\n", i);
	write_with_sum(body);
	open_dedup(path);
	snprintf(body + used, (size_t)(SIZE - used), "epoch 99\n1-1 1\n");
	write_with_sum(body);
	assert_refused("it is damaged");
}
END_TEST

/* ---- a crash ---- */

/* Saves rising numbers, and writes a byte for each save that has returned. */
static void save_without_end(int told)
{
	iotkit_dedup *mine = NULL;

	if (iotkit_dedup_open(path, &mine) != IOTKIT_OK)
		_exit(EXIT_FAILURE);
	for (uint64_t i = 1;; i++) {
		for (uint64_t k = 0; k < 50; k++)
			iotkit_dedup_is_new(mine, EPOCH, 1 + 100 * i + 2 * k);
		iotkit_dedup_is_new(mine, EPOCH + 1, i);
		if (iotkit_dedup_save(mine) != IOTKIT_OK || write(told, "", 1) != 1)
			_exit(EXIT_FAILURE);
	}
}

START_TEST(killed_at_any_moment_it_leaves_a_whole_file_with_all_that_was_saved)
{
	enum { ROUNDS = 40 };

	for (int round = 0; round < ROUNDS; round++) {
		int ends[2];
		char byte;
		uint64_t saves = 0;

		remove(path);
		ck_assert_int_eq(pipe(ends), 0);
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0)
			save_without_end(ends[1]);
		close(ends[1]);
		for (; saves < (uint64_t)(1 + round % 7); saves++)
			ck_assert_int_eq(read(ends[0], &byte, 1), 1);
		kill(child, SIGKILL);
		while (read(ends[0], &byte, 1) == 1)
			saves++;
		close(ends[0]);
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		open_dedup(path);
		for (uint64_t i = 1; i <= saves; i++)
			ck_assert(!is_new(EPOCH + 1, i));
	}
}
END_TEST

/* ---- threads ---- */

/* An epoch's numbers are so few that no gap is ever forgotten. */
enum { THREADS = 4, NUMBERS = 20000, OF_EPOCH = 2000 };

static atomic_int news[NUMBERS];

static void *hear_all(void *context)
{
	/* Each goes another way through the same numbers. */
	static const uint64_t strides[THREADS] = {1, 3, 7, NUMBERS - 1};
	uint64_t stride = strides[*(const int *)context];

	for (uint64_t i = 0, at = 0; i < NUMBERS; i++, at = (at + stride) % NUMBERS)
		if (iotkit_dedup_is_new(dedup, 1 + at / OF_EPOCH, 1 + at % OF_EPOCH) == 1)
			atomic_fetch_add(&news[at], 1);
	return NULL;
}

START_TEST(of_several_threads_one_hears_that_a_number_is_new)
{
	static const int numbers[THREADS] = {0, 1, 2, 3};
	pthread_t threads[THREADS];

	memset(news, 0, sizeof news);
	open_dedup(path);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, hear_all, (void *)&numbers[i]),
				 0);
	for (int i = 0; i < 10; i++)
		save();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < NUMBERS; i++)
		if (atomic_load(&news[i]) != 1)
			ck_abort_msg("%d was new %d times", i, atomic_load(&news[i]));
	save();
	open_dedup(path);
	ck_assert(!is_new(1, OF_EPOCH));
}
END_TEST

static TCase *file_tests(void)
{
	TCase *tests = tcase_create("file");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, the_file_is_made_for_its_owner_alone);
	tcase_add_test(tests, what_is_saved_is_known_to_the_next_life);
	tcase_add_test(tests, what_is_forgotten_first_is_the_same_after_a_restart);
	tcase_add_test(tests, the_form_of_the_file_is_kept);
	tcase_add_test(tests, a_full_memory_is_saved_and_read);
	tcase_add_test(tests, the_file_stays_where_it_is_when_the_program_goes_elsewhere);
	tcase_add_test(tests, a_folder_that_is_missing_is_told_at_once);
	tcase_add_test(tests, a_save_that_fails_is_told_and_forgets_nothing);
	tcase_add_test(tests, what_is_not_its_file_is_refused_and_left_alone);
	tcase_add_test(tests, a_file_of_another_version_is_refused);
	tcase_add_test(tests, a_flipped_bit_is_noticed_wherever_it_is);
	tcase_add_test(tests, a_file_that_was_cut_or_grew_is_noticed);
	tcase_add_test(tests, nonsense_with_the_right_sum_is_refused);
	tcase_add_test(tests, more_than_the_bounds_allow_is_refused);
	tcase_add_test(tests, killed_at_any_moment_it_leaves_a_whole_file_with_all_that_was_saved);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("dedup");
	TCase *tests = tcase_create("dedup");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_is_missing_is_told);
	tcase_add_test(tests, a_message_without_epoch_or_seq_is_refused);
	tcase_add_test(tests, without_a_file_there_is_nothing_to_save_to);
	tcase_add_test(tests, of_several_threads_one_hears_that_a_number_is_new);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, file_tests());
	return suite_run(suite);
}
