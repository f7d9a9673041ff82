/* SPDX-License-Identifier: MIT
 *
 * One life of an outbox: what the session and the application do with it, noted in a
 * ledger, and what it tells.
 */
#ifndef TESTS_DISK_LIFE_H
#define TESTS_DISK_LIFE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger.h"
#include "outbox/outbox.h"

enum { LIFE_NONE = -1, LIFE_TEXT_SIZE = 700 };

struct life {
	struct outbox *outbox;
	struct ledger *ledger;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	long failures; /* told */
	long recoveries;
	char failure[LIFE_TEXT_SIZE]; /* the newest */
};

void life_begin(struct life *life, struct ledger *ledger);
iotkit_status life_attach(struct life *life, const char *path, enum store_sync sync);
void life_end(struct life *life);

/* Messages are named by their numbers. */
iotkit_status life_append(struct life *life, size_t number, size_t size, enum outbox_care care);
/* Saved, not to be sent in this life; and another one comes in the place of all these. */
iotkit_status life_keep(struct life *life, size_t number, size_t size);
iotkit_status life_replace(struct life *life, const size_t *kept, size_t count, size_t number,
			   size_t size);
/* The same of messages that come from a kit, and are saved soon; and a number of one that
 * is taken without a message. */
void life_append_from(struct life *life, size_t number, size_t size,
		      const struct ledger_origin *origin);
void life_keep_from(struct life *life, size_t number, size_t size,
		    const struct ledger_origin *origin);
void life_advance(struct life *life, size_t number, const struct ledger_origin *origin);
/* Waits until the kit may be told that this was kept, hearing of it. */
void life_await_kept(struct life *life, size_t number);
int life_next(struct life *life); /* its number, or LIFE_NONE */
void life_fly(struct life *life, int number, uint16_t packet_id, bool released);
void life_acknowledge(struct life *life, int number);
void life_drop(struct life *life, int number);
void life_put_back(struct life *life, int number);
iotkit_status life_receive(struct life *life, uint16_t packet_id);
iotkit_status life_end_received(struct life *life, uint16_t packet_id);

/* Waits until what was asked for has passed, hearing of it. */
void life_await_ticket(struct life *life);
/* The same, and what was asked for is saved: the file does not fail. */
void life_settle(struct life *life);
/* Waits until so many failures, or recoveries, were told; no more have been. */
void life_await_failure(struct life *life, long failures);
void life_await_recovery(struct life *life, long recoveries);
long life_failures(struct life *life); /* told until now */
long life_recoveries(struct life *life);

#endif
