/* SPDX-License-Identifier: MIT
 *
 * Errors: a code that tells a program what to do, and a sentence that tells a
 * person what was tried, on what, why it failed and what mends it.
 */
#ifndef IOTKIT_BASE_ERROR_H
#define IOTKIT_BASE_ERROR_H

#include "iotkit.h"

enum { ERROR_TEXT_SIZE = 512 };

/* A failure that travels between threads, where the last error cannot. */
struct reason {
	iotkit_status status;
	char text[ERROR_TEXT_SIZE];
};

/* Remembers the sentence as this thread's last error and returns the code, so
 * that `return error_set(...)` is how every function fails. */
iotkit_status error_set(iotkit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for what the operating system refused: appends strerror(errno_code). When it was
 * memory, as error_set_no_memory(). */
iotkit_status error_set_system(int errno_code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

iotkit_status error_set_no_memory(void);

#ifdef __clang_analyzer__
/* The analyzer looks at one file at a time, and would believe that these may
 * return IOTKIT_OK. */
#define error_set(status, ...) (error_set(status, __VA_ARGS__), status)
#define error_set_system(...) (error_set_system(__VA_ARGS__), IOTKIT_ESYSTEM)
#define error_set_no_memory() (error_set_no_memory(), IOTKIT_ENOMEM)
#endif

/* This thread's last error; "" when there was none. */
const char *error_last(void);

/* Moves an error from the thread where it happened to another. */
void reason_set(struct reason *reason, iotkit_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void reason_capture(struct reason *reason); /* this thread's last error */
iotkit_status reason_raise(const struct reason *reason);

/* The name and the meaning of a code; NULL for a number that is none. */
const char *error_name(iotkit_status status);
const char *error_meaning(iotkit_status status);

#endif
