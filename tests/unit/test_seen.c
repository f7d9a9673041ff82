/* SPDX-License-Identifier: MIT
 *
 * What was seen, against a bitmap. Its text is tested in test_dedup.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/seen.h"
#include "suite.h"

enum { EPOCH = 77 };

/* Check's own assertions write a note each time, which takes most of a minute here. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg("not so: %s", #condition);                                    \
	} while (0)

static struct seen seen;

static void start(void)
{
	seen_init(&seen);
}

static void stop(void)
{
	seen_free(&seen);
}

static bool add(uint64_t epoch, uint64_t seq)
{
	bool is_new = false;

	must(seen_add(&seen, epoch, seq, &is_new) == IOTKIT_OK);
	return is_new;
}

static void add_all(uint64_t first, uint64_t last, uint64_t step)
{
	for (uint64_t seq = first; seq <= last; seq += step)
		must(add(EPOCH, seq));
}

static size_t ranges(void)
{
	return seen.epochs[0]->count;
}

/* A fixed series, the same on every machine (xorshift64). */
static uint64_t next_random(void)
{
	static uint64_t state = UINT64_C(20261123);

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t random_up_to(uint64_t max)
{
	return 1 + next_random() % max;
}

/* ---- one epoch ---- */

START_TEST(a_number_is_new_once)
{
	must(add(EPOCH, 1));
	must(!add(EPOCH, 1));
	must(add(EPOCH, 2));
	must(!add(EPOCH, 2));
	must(!add(EPOCH, 1));
}
END_TEST

START_TEST(numbers_in_order_are_one_range)
{
	add_all(1, 100000, 1);
	ck_assert_uint_eq(ranges(), 1);
	for (uint64_t seq = 1; seq <= 100000; seq++)
		must(!add(EPOCH, seq));
}
END_TEST

START_TEST(numbers_in_falling_order_are_one_range)
{
	for (uint64_t seq = 1000; seq > 0; seq--)
		must(add(EPOCH, seq));
	ck_assert_uint_eq(ranges(), 1);
}
END_TEST

START_TEST(the_number_between_two_ranges_makes_them_one)
{
	add_all(1, 10, 1);
	add_all(12, 20, 1);
	ck_assert_uint_eq(ranges(), 2);
	must(add(EPOCH, 11));
	ck_assert_uint_eq(ranges(), 1);
	must(!add(EPOCH, 11));
	must(!add(EPOCH, 20));
	must(add(EPOCH, 21));
}
END_TEST

START_TEST(the_first_and_the_last_number_there_are_count)
{
	must(add(EPOCH, UINT64_MAX));
	must(add(EPOCH, 1));
	must(add(EPOCH, UINT64_MAX - 1));
	must(add(EPOCH, 2));
	must(!add(EPOCH, UINT64_MAX));
	must(!add(EPOCH, UINT64_MAX - 1));
	must(!add(EPOCH, 1));
	ck_assert_uint_eq(ranges(), 2);
}
END_TEST

START_TEST(within_its_bounds_it_agrees_with_a_bitmap)
{
	enum { EPOCHS = 5, NUMBERS = 2000, ROUNDS = 200000 }; /* at most 1000 gaps */
	static bool came[EPOCHS][NUMBERS + 1];

	memset(came, 0, sizeof came);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t epoch = random_up_to(EPOCHS);
		/* From few numbers to all of them, so that there are gaps for long. */
		uint64_t seq = random_up_to(NUMBERS);
		if (i < ROUNDS / 2)
			seq = random_up_to(NUMBERS / 2) * 2;
		bool *bit = &came[epoch - 1][seq];
		must(add(epoch, seq) == !*bit);
		*bit = true;
	}
	for (size_t i = 0; i < EPOCHS; i++)
		ck_assert_uint_eq(seen.epochs[i]->count, 1);
}
END_TEST

/* ---- bounds ---- */

START_TEST(a_thousand_and_twenty_four_gaps_are_kept)
{
	add_all(1, 1 + 2 * SEEN_GAPS_MAX, 2);
	ck_assert_uint_eq(ranges(), 1 + SEEN_GAPS_MAX);
	for (uint64_t seq = 1; seq <= 1 + 2 * SEEN_GAPS_MAX; seq += 2)
		must(!add(EPOCH, seq));
}
END_TEST

START_TEST(beyond_them_the_range_heard_longest_ago_is_forgotten)
{
	add_all(1, 1 + 2 * SEEN_GAPS_MAX, 2);
	must(!add(EPOCH, 1)); /* so that 3 is the oldest */
	must(add(EPOCH, 1000000));
	ck_assert_uint_eq(ranges(), SEEN_RANGES_MAX);
	must(!add(EPOCH, 1));
	must(!add(EPOCH, 1000000));
	must(add(EPOCH, 3));
}
END_TEST

START_TEST(a_low_number_that_comes_late_is_remembered_too)
{
	add_all(100001, 100001 + 2 * SEEN_GAPS_MAX, 2);
	must(add(EPOCH, 7));
	must(!add(EPOCH, 7));
	must(add(EPOCH, 100001));
}
END_TEST

START_TEST(beyond_its_bounds_a_new_one_never_passes_for_a_repeat)
{
	enum { EPOCHS = 80, NUMBERS = 20000, ROUNDS = 200000 };
	static bool came[EPOCHS][NUMBERS + 1];
	int forgotten = 0, known = 0;

	memset(came, 0, sizeof came);
	for (int i = 0; i < ROUNDS; i++) {
		/* A few epochs have most of the numbers, all have some. */
		uint64_t epoch = random_up_to(i % 100 == 0 ? EPOCHS : 3);
		bool *bit = &came[epoch - 1][random_up_to(NUMBERS)];
		bool is_new = add(epoch, (uint64_t)(bit - came[epoch - 1]));
		must(is_new || *bit);
		forgotten += is_new && *bit;
		known += !is_new;
		*bit = true;
		must(ranges() <= SEEN_RANGES_MAX && seen.count <= SEEN_EPOCHS_MAX);
	}
	ck_assert_int_gt(forgotten, 1000);
	ck_assert_int_gt(known, 1000);
}
END_TEST

/* ---- a backlog that follows behind what is fresh (outbox.drain=live-first) ---- */

START_TEST(two_growing_ranges_far_apart_are_two_ranges)
{
	enum { LIVE = 1000000 };

	for (uint64_t i = 1; i <= 50000; i++) {
		must(add(EPOCH, i));
		must(add(EPOCH, LIVE + 3 * i));
		must(add(EPOCH, LIVE + 3 * i + 1));
		must(add(EPOCH, LIVE + 3 * i + 2));
		must(!add(EPOCH, random_up_to(i)));
		must(!add(EPOCH, LIVE + 3 * random_up_to(i)));
	}
	ck_assert_uint_eq(ranges(), 2);
}
END_TEST

/* A subscriber to one topic of several hears every second number, say, of both. */
START_TEST(neither_of_two_sequences_with_gaps_pushes_the_other_out)
{
	enum { LIVE = 1000000, KEPT = SEEN_GAPS_MAX / 2 - 1 };

	for (uint64_t i = KEPT + 1; i <= 10000; i++) {
		must(add(EPOCH, 2 * i));
		must(add(EPOCH, LIVE + 2 * i));
	}
	for (uint64_t i = 10000 - KEPT; i <= 10000; i++) {
		must(!add(EPOCH, 2 * i));
		must(!add(EPOCH, LIVE + 2 * i));
	}
}
END_TEST

/* ---- epochs ---- */

START_TEST(epochs_know_nothing_of_each_other)
{
	must(add(1, 5));
	must(add(UINT64_MAX, 5));
	must(!add(1, 5));
	must(!add(UINT64_MAX, 5));
}
END_TEST

START_TEST(the_epoch_heard_longest_ago_makes_room_for_the_65th)
{
	for (uint64_t epoch = 1; epoch <= SEEN_EPOCHS_MAX; epoch++)
		must(add(epoch, 1));
	must(!add(1, 1)); /* so that 2 is the oldest */
	must(add(1000, 1));
	ck_assert_uint_eq(seen.count, SEEN_EPOCHS_MAX);
	must(!add(1, 1));
	must(!add(1000, 1));
	for (uint64_t epoch = 3; epoch <= SEEN_EPOCHS_MAX; epoch++)
		must(!add(epoch, 1));
	must(add(2, 1));
}
END_TEST

/* ---- memory ---- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#if defined(__GLIBC__) && !defined(SANITIZED) /* who have a malloc of their own */

static int allocations;
static bool memory_is_short;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return memory_is_short ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return memory_is_short ? NULL : __libc_calloc(count, size);
}

START_TEST(memory_is_taken_for_an_epoch_and_never_for_a_number)
{
	add(EPOCH, 1);
	add(EPOCH + 1, 1);
	allocations = 0;
	for (uint64_t i = 0; i < 10000; i++)
		must(add(EPOCH + i % 2, 5 + 3 * i));
	ck_assert_int_eq(allocations, 0);
}
END_TEST

START_TEST(with_all_epochs_in_use_even_a_new_one_takes_none)
{
	for (uint64_t epoch = 1; epoch <= SEEN_EPOCHS_MAX; epoch++)
		must(add(epoch, 1));
	allocations = 0;
	for (uint64_t epoch = 1000; epoch < 2000; epoch++)
		must(add(epoch, 1));
	ck_assert_int_eq(allocations, 0);
}
END_TEST

START_TEST(without_memory_a_number_counts_as_not_seen)
{
	bool is_new = false;

	add(EPOCH, 1);
	memory_is_short = true;
	iotkit_status status = seen_add(&seen, EPOCH + 1, 1, &is_new);
	memory_is_short = false;
	ck_assert_int_eq(status, IOTKIT_ENOMEM);
	must(add(EPOCH + 1, 1));
	must(!add(EPOCH, 1));
}
END_TEST

static void add_memory_tests(TCase *tests)
{
	tcase_add_test(tests, memory_is_taken_for_an_epoch_and_never_for_a_number);
	tcase_add_test(tests, with_all_epochs_in_use_even_a_new_one_takes_none);
	tcase_add_test(tests, without_memory_a_number_counts_as_not_seen);
}

#else

static void add_memory_tests(TCase *tests)
{
	(void)tests;
}

#endif

int main(void)
{
	Suite *suite = suite_create("seen");
	TCase *tests = tcase_create("seen");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_number_is_new_once);
	tcase_add_test(tests, numbers_in_order_are_one_range);
	tcase_add_test(tests, numbers_in_falling_order_are_one_range);
	tcase_add_test(tests, the_number_between_two_ranges_makes_them_one);
	tcase_add_test(tests, the_first_and_the_last_number_there_are_count);
	tcase_add_test(tests, within_its_bounds_it_agrees_with_a_bitmap);
	tcase_add_test(tests, a_thousand_and_twenty_four_gaps_are_kept);
	tcase_add_test(tests, beyond_them_the_range_heard_longest_ago_is_forgotten);
	tcase_add_test(tests, a_low_number_that_comes_late_is_remembered_too);
	tcase_add_test(tests, beyond_its_bounds_a_new_one_never_passes_for_a_repeat);
	tcase_add_test(tests, two_growing_ranges_far_apart_are_two_ranges);
	tcase_add_test(tests, neither_of_two_sequences_with_gaps_pushes_the_other_out);
	tcase_add_test(tests, epochs_know_nothing_of_each_other);
	tcase_add_test(tests, the_epoch_heard_longest_ago_makes_room_for_the_65th);
	add_memory_tests(tests);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
