/* SPDX-License-Identifier: MIT
 *
 * The hot paths of the library, one step at a time, so that callgrind can count what a step takes.
 * They look inside the library, as the unit tests do, and have no thread but the test's own, except
 * where a file has its writer.
 */
#ifndef BENCH_COUNTS_PATHS_H
#define BENCH_COUNTS_PATHS_H

#include <stddef.h>

struct path {
	const char *name;
	void (*begin)(void);
	void (*step)(void); /* what is counted */
	void (*settle)(void); /* after each step, so that the next finds what it found; or NULL */
	void (*end)(void);
};

struct paths {
	const struct path *items;
	size_t count;
};

/* ---- One a file ---- */

struct paths line_paths(void); /* bytes from a board, until the sink has its metrics */
struct paths payload_paths(void); /* metrics, until their payload is made */
struct paths accept_paths(void); /* what the application publishes, until the outbox has it */
struct paths session_paths(void); /* out of the outbox as packets; messages into events */

/* Ends the program with the library's last error. */
_Noreturn void paths_fail(const char *what);

/* Ends the program unless status is IOTKIT_OK. */
void paths_expect(int status, const char *what);

#endif
