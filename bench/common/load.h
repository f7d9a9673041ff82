/* SPDX-License-Identifier: MIT
 *
 * What the publishers of all benchmarks are asked to do, how they do it alike, and how
 * they report.
 */
#ifndef BENCH_COMMON_LOAD_H
#define BENCH_COMMON_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#define LOAD_TOPIC "bench/data"
#define LOAD_ASIDE_TOPIC "bench/aside" /* what is not counted: warm-up, and the last message */

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
};

/* Ends the program with a usage message when an argument is wrong. */
void load_parse(struct load *load, int argc, char **argv);

/* As many bytes as the payload has, of no meaning. Never returns NULL. */
char *load_payload(const struct load *load);

/* One library, connected to the broker. */
struct load_side {
	/* Waits while it has enough under way. */
	void (*publish)(void *context, const char *topic, const char *payload, int size, int qos);
	/* Waits until the broker has acknowledged all. */
	void (*finish)(void *context);
	/* Does what comes up until then; NULL: it has threads for that. */
	void (*work_until)(void *context, int64_t moment_ns);
};

/* Unless paced: warms up, publishes, and prints in one line when it began, when all was
 * acknowledged, how much processor time this process spent between, all in nanoseconds, and how
 * many messages it were. At QoS 0, which nobody acknowledges, one of QoS 1 comes last. */
void load_run(const struct load *load, const struct load_side *side, void *context);

/* Of a clock that all processes of this machine share. */
int64_t load_now_ns(void);

/* Waits until there is something to read, or that moment has come; returns whether there is. */
bool load_readable(int fd, int64_t moment_ns);

/* Ends the program: nothing that was measured would be worth anything. */
_Noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
