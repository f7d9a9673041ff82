/* SPDX-License-Identifier: MIT
 *
 * Calls while memory runs out: each says IOTKIT_ENOMEM and changes nothing, so that it succeeds
 * when it is made again. Which have said so is kept, and held against tests/abi/errors.txt.
 */
#ifndef TESTS_STRESS_TRIES_H
#define TESTS_STRESS_TRIES_H

#include <check.h>
#include <stdbool.h>

#include "iotkit.h"
#include "short_memory.h"

/* Where memory runs out now: in all, and within each call (0: nowhere). */
extern unsigned long place, place_in_call;

/* Of a key that it has no memory for mbedTLS says here and there that it is damaged. */
extern bool keys_are_read;

/* Before each call, whose text begins with the function's name and "(". */
void begin(const char *call);

/* What a call that failed says about it, and whether it is to be made again. */
bool is_short(const char *call, iotkit_status status);

/* Ends the test. */
void fail_again(const char *call);

/* Of the calls that were made, those and only those said it of which errors.txt tells. */
void expect_each_was_short(void);

/* Makes the call; when memory was short, once more. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		begin(#call);                                                                      \
		if (is_short(#call, call) && (call) != IOTKIT_OK)                                  \
			fail_again(#call);                                                         \
	} while (0)

/* The same for a call that is refused for this reason when there is memory. */
#define TRY_REFUSED(call, code)                                                                    \
	do {                                                                                       \
		begin(#call);                                                                      \
		iotkit_status got = (call);                                                        \
		memory_refuse_mine(0);                                                             \
		if (got != (code) && is_short(#call, got))                                         \
			got = (call);                                                              \
		ck_assert_msg(got == (code), "place %lu: %s", place, iotkit_last_error());         \
	} while (0)

/* Publishes under a number that was never used, as "short/NUMBER.", and returns it once it was
 * accepted. */
unsigned try_publish(iotkit *iot, int32_t qos);

#endif
