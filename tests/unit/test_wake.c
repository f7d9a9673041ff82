/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/wake.h"
#include "suite.h"

static struct wake wake;

static void start(void)
{
	ck_assert_int_eq(wake_open(&wake), IOTKIT_OK);
}

static void stop(void)
{
	wake_close(&wake);
}

static bool is_readable(int timeout_ms)
{
	struct pollfd fd = {.fd = wake.read_fd, .events = POLLIN};

	return poll(&fd, 1, timeout_ms) == 1;
}

START_TEST(a_signal_makes_it_readable_until_it_is_cleared)
{
	ck_assert(!is_readable(0));
	wake_signal(&wake);
	ck_assert(is_readable(0));
	wake_signal(&wake);
	wake_clear(&wake);
	ck_assert(!is_readable(0));
	wake_signal(&wake);
	ck_assert(is_readable(0));
}
END_TEST

START_TEST(a_million_signals_do_not_block)
{
	for (int i = 0; i < 1000000; i++)
		wake_signal(&wake);
	wake_clear(&wake);
	ck_assert(!is_readable(0));
	wake_clear(&wake);
}
END_TEST

enum { ROUNDS = 200000 };

static atomic_int produced;

static void *produce(void *context)
{
	(void)context;
	for (int i = 0; i < ROUNDS; i++) {
		atomic_fetch_add(&produced, 1);
		wake_signal(&wake);
	}
	return NULL;
}

START_TEST(no_wake_up_is_lost_between_two_threads)
{
	pthread_t thread;

	atomic_store(&produced, 0);
	pthread_create(&thread, NULL, produce, NULL);
	while (atomic_load(&produced) < ROUNDS) {
		/* Clear first, then look: what comes in between wakes again. */
		ck_assert_msg(is_readable(10000), "a wake-up was lost at %d",
			      atomic_load(&produced));
		wake_clear(&wake);
	}
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wake");
	TCase *tests = tcase_create("wake");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_signal_makes_it_readable_until_it_is_cleared);
	tcase_add_test(tests, a_million_signals_do_not_block);
	tcase_add_test(tests, no_wake_up_is_lost_between_two_threads);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
