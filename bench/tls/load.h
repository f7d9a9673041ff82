/* SPDX-License-Identifier: MIT
 *
 * What the programs of this benchmark are asked to do, and how they report.
 */
#ifndef BENCH_TLS_LOAD_H
#define BENCH_TLS_LOAD_H

#include <stdint.h>

#define LOAD_TOPIC "bench/data"
#define LOAD_WARM_UP_TOPIC "bench/warm-up"

struct load {
	int port; /* on localhost */
	const char *ca_file; /* NULL: without TLS */
	int qos;
	long messages;
	long warm_up; /* messages sent before, on a topic of their own */
	int payload; /* bytes a message */
	int window; /* messages under way at once; 0: as the program likes it */
};

/* Ends the program with a usage message when an argument is wrong. */
void load_parse(struct load *load, int argc, char **argv);

/* As many bytes as the payload has, of no meaning. Never returns NULL. */
char *load_payload(const struct load *load);

/* Of a clock that all processes of this machine share. */
int64_t load_now_ns(void);

/* Ends the program: nothing that was measured would be worth anything. */
_Noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
