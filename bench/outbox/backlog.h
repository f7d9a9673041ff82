/* SPDX-License-Identifier: MIT
 *
 * What the programs of this benchmark are asked to do, and how they report: lines of a
 * name and numbers. Moments are in nanoseconds, memory in KiB.
 */
#ifndef BENCH_OUTBOX_BACKLOG_H
#define BENCH_OUTBOX_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "load.h" /* load_now_ns(), load_fail() */

#define BACKLOG_TOPIC "bench/outbox/data"
#define BACKLOG_CLIENT "bench-outbox"

struct backlog {
	const char *path; /* a file, for paho a folder */
	const char *sync; /* as the side calls it */
	int port; /* of the broker, on localhost */
	int qos;
	int payload; /* bytes a message */
	int threads;
	int inflight; /* paho's maxInflight */
	int rest_s; /* to stay after a drain, in which space may be given back */
	long messages;
	int64_t deadline_ns; /* stop there, whatever is done */
};

/* Ends the program with a usage message when an argument is wrong. */
void backlog_parse(struct backlog *backlog, int argc, char **argv);

/* As many bytes as the payload has, of no meaning. Never returns NULL. */
char *backlog_payload(const struct backlog *backlog);

bool backlog_late(const struct backlog *backlog);

/* When each tenth of the messages was done: "tenth NUMBER MOMENT". */
struct tenths {
	long messages;
	int passed;
};
void tenths_note(struct tenths *tenths, long done);

/* "NAME MOMENT PEAK": this moment, and the most memory that was used until now. */
void report_moment(const char *name);
void report_number(const char *name, long number);

#endif
