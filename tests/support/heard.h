/* SPDX-License-Identifier: MIT
 *
 * What a callback said, in order, for a test on another thread that waits for it
 * rather than sleeping.
 */
#ifndef TESTS_HEARD_H
#define TESTS_HEARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { HEARD_MAX = 4096, HEARD_TEXT_MAX = 240 };

struct heard {
	pthread_mutex_t lock;
	pthread_cond_t more;
	size_t count; /* of all ever heard; the last HEARD_MAX are kept */
	size_t cursor; /* heard_wait() begins here */
	char texts[HEARD_MAX][HEARD_TEXT_MAX];
};

void heard_init(struct heard *heard);
void heard_destroy(struct heard *heard);

void heard_add(struct heard *heard, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits up to 20 s for a text that contains part, after the last one waited for;
 * fails the test when none comes. */
void heard_wait(struct heard *heard, const char *part);

/* How many of the texts that are kept contain part. */
size_t heard_count(struct heard *heard, const char *part);

/* Forgets everything. */
void heard_clear(struct heard *heard);

#endif
