/* SPDX-License-Identifier: MIT */
#include "base/monitor.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"

static iotkit_status init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	int rc = pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
	return rc == 0 ? IOTKIT_OK : error_set_system(rc, "cannot make a condition variable");
}

static bool wait_for(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline)
{
	if (deadline == CLOCK_NEVER) {
		pthread_cond_wait(condition, lock);
		return true;
	}
	/* Who only looks is spared the system call. */
	if (deadline <= clock_monotonic_ms())
		return false;
	struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000),
		.tv_nsec = (long)(deadline % 1000) * 1000000,
	};
	return pthread_cond_timedwait(condition, lock, &until) != ETIMEDOUT;
}

iotkit_status monitor_init(struct monitor *monitor)
{
	int rc = pthread_mutex_init(&monitor->lock, NULL);

	if (rc != 0)
		return error_set_system(rc, "cannot make a lock");
	iotkit_status status = init_condition(&monitor->changed);
	if (status != IOTKIT_OK)
		pthread_mutex_destroy(&monitor->lock);
	return status;
}

void monitor_destroy(struct monitor *monitor)
{
	pthread_cond_destroy(&monitor->changed);
	pthread_mutex_destroy(&monitor->lock);
}

void monitor_lock(struct monitor *monitor)
{
	pthread_mutex_lock(&monitor->lock);
}

void monitor_unlock(struct monitor *monitor)
{
	pthread_mutex_unlock(&monitor->lock);
}

void monitor_notify(struct monitor *monitor)
{
	pthread_cond_broadcast(&monitor->changed);
}

bool monitor_wait(struct monitor *monitor, int64_t deadline)
{
	return wait_for(&monitor->changed, &monitor->lock, deadline);
}

iotkit_status bell_init(struct bell *bell)
{
	return init_condition(&bell->rung);
}

void bell_destroy(struct bell *bell)
{
	pthread_cond_destroy(&bell->rung);
}

void bell_ring(struct bell *bell)
{
	pthread_cond_signal(&bell->rung);
}

bool bell_wait(struct bell *bell, struct monitor *monitor, int64_t deadline)
{
	return wait_for(&bell->rung, &monitor->lock, deadline);
}
