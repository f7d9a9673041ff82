/* SPDX-License-Identifier: MIT
 *
 * A lock with a condition to wait for, on the clock that never jumps.
 */
#ifndef IOTKIT_BASE_MONITOR_H
#define IOTKIT_BASE_MONITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "iotkit.h"

struct monitor {
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

iotkit_status monitor_init(struct monitor *monitor);
void monitor_destroy(struct monitor *monitor);

void monitor_lock(struct monitor *monitor);
void monitor_unlock(struct monitor *monitor);

/* Wakes all who wait. */
void monitor_notify(struct monitor *monitor);

/* Waits for a notification, the lock held; false when the deadline has come. */
bool monitor_wait(struct monitor *monitor, int64_t deadline);

/* Of one thread that waits beside the others, and is woken for less than they are. */
struct bell {
	pthread_cond_t rung;
};

iotkit_status bell_init(struct bell *bell);
void bell_destroy(struct bell *bell);
void bell_ring(struct bell *bell);
bool bell_wait(struct bell *bell, struct monitor *monitor, int64_t deadline);

#endif
