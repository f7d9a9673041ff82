/* SPDX-License-Identifier: MIT
 *
 * Every function of the ABI as a caller on any thread might call it: at any moment, with others
 * on the same handle.
 */
#ifndef TESTS_STRESS_CALLS_H
#define TESTS_STRESS_CALLS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"

enum { MESSAGES_MAX = 20000, FAULT_SIZE = 400 };

/* What all callers share. */
struct stage {
	const char *folder;
	const char *broker_uri; /* with its tls.ca_file */
	const char *board_uri; /* a port that is there */
	const char *box; /* outbox.path of the handle */
	iotkit *iot; /* the one handle */
	iotkit_dedup *dedup;
	uint64_t seed;

	atomic_uint messages; /* numbers given */
	atomic_uchar accepted[MESSAGES_MAX]; /* by number: the QoS that publish said OK to */
	atomic_uint files; /* names given */
	atomic_int disconnects; /* how many are left */
	atomic_int exams; /* likewise, of the broker and with certificates: each takes a while */
	atomic_int callback_calls; /* how many calls callbacks may still make */

	pthread_mutex_t lock;
	char fault[FAULT_SIZE]; /* guarded by lock: the first one, "" for none */
};

/* One after the other, or a few at once, as a callback that replaced itself and the next one. */
struct caller {
	struct stage *stage;
	uint64_t number;
	atomic_uint step;
};

struct call {
	const char *function;
	void (*make)(struct caller *caller);
	unsigned weight; /* how often, beside the others */
};

/* All of them, in the order of their names, and how many there are. */
extern const struct call calls[];
extern const size_t calls_count;

/* Makes a call that is drawn by lot. */
void calls_make_any(struct caller *caller);

/* Makes one too, for each event as long as callback_calls lasts; context is a caller. */
void calls_on_event(const iotkit_event *event, void *context);

/* A number below limit, drawn by lot. */
unsigned caller_draw(struct caller *caller, unsigned limit);

/* Keeps the sentence if it is the first. */
void stage_fault(struct stage *stage, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
