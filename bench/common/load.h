/* SPDX-License-Identifier: MIT
 *
 * What the clients of all benchmarks are asked to do, and what they all need.
 */
#ifndef BENCH_COMMON_LOAD_H
#define BENCH_COMMON_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#define LOAD_BASE "bench" /* what all topics begin with */
#define LOAD_TOPIC LOAD_BASE "/data"
#define LOAD_ASIDE_TOPIC                                                                           \
	LOAD_BASE "/aside" /* what is not counted: warm-up, and the last message                   \
			    */

struct load {
	int port; /* on localhost */
	const char *ca_file; /* NULL: without TLS */
	int qos;
	long messages;
	long warm_up; /* messages sent before, on a topic of their own */
	int payload; /* bytes a message */
	int window; /* messages under way at once; 0: as the program likes it */
	const char *store; /* where messages survive the process; NULL: in memory alone */
	const char *sync; /* how safe they are there, as the side calls it; NULL: as it likes */
	bool nodelay; /* TCP_NODELAY, where a side has the choice */
	int64_t limit_ns; /* publish no longer than so long */
	bool paced; /* as pace.h has it */
	int64_t interval_ns; /* then: from one to the next; 0: until the one before has arrived */
	const char *form; /* of metrics: libiotkit's option "payload"; NULL: as it likes */
	int batch; /* metrics a SenML pack; 0: as it likes */
};

/* Ends the program with a usage message when an argument is wrong. */
void load_parse(struct load *load, int argc, char **argv);

/* As many bytes as the payload has, of no meaning. Never returns NULL. */
char *load_payload(const struct load *load);

/* Of a clock that all processes of this machine share. */
int64_t load_now_ns(void);

/* Waits until there is something to read, or that moment has come; returns whether there is. */
bool load_readable(int fd, int64_t moment_ns);
void load_sleep_until(int64_t moment_ns);

/* Ends the program: nothing that was measured would be worth anything. */
_Noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
