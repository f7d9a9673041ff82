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

START_TEST(a_signal_lasts_until_it_is_cleared)
{
	ck_assert(!is_readable(0));
	wake_signal(&wake);
	wake_signal(&wake);
	ck_assert(is_readable(0) && is_readable(0));
	wake_clear(&wake);
	ck_assert(!is_readable(0));
	wake_clear(&wake);
	wake_signal(&wake);
	ck_assert(is_readable(0));
}
END_TEST

enum { ROUNDS = 100000 };

static atomic_int announced;

static void *announce(void *context)
{
	(void)context;
	for (int i = 1; i <= ROUNDS; i++) {
		atomic_store(&announced, i);
		wake_signal(&wake);
	}
	return NULL;
}

/* Whoever clears and then looks never sleeps through what was announced before. */
START_TEST(no_signal_is_lost_between_two_threads)
{
	pthread_t thread;
	int seen = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, announce, NULL), 0);
	while (seen < ROUNDS) {
		ck_assert_msg(is_readable(10000), "slept at %d", seen);
		wake_clear(&wake);
		seen = atomic_load(&announced);
	}
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wake");
	TCase *signals = tcase_create("signals");

	tcase_set_timeout(signals, 60);
	tcase_add_checked_fixture(signals, start, stop);
	tcase_add_test(signals, a_signal_lasts_until_it_is_cleared);
	tcase_add_test(signals, no_signal_is_lost_between_two_threads);
	suite_add_tcase(suite, signals);
	return suite_run(suite);
}
