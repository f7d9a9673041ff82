/* SPDX-License-Identifier: MIT
 *
 * What every Check suite here begins and ends with.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdbool.h>

/* With a sanitizer all takes its time, and what is freed is kept for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SUITE_SANITIZED = true };
#else
enum { SUITE_SANITIZED = false };
#endif

/* Runs the suite and returns what main() returns. Without forking under a
 * sanitizer or where threads live in fixtures. */
int suite_run(Suite *suite);

/* Is it qemu that runs this, for another processor? It emulates that, but not all of Linux. */
bool suite_emulated(void);

/* The status and that the sentence contains a part: both sides of an error. */
#define assert_fails(call, expected_status, part)                                                  \
	do {                                                                                       \
		ck_assert_int_eq((call), (expected_status));                                       \
		ck_assert_msg(strstr(iotkit_last_error(), (part)) != NULL,                         \
			      "'%s' does not contain '%s'", iotkit_last_error(), (part));          \
	} while (0)

#endif
