/* SPDX-License-Identifier: MIT */
#include "base/monitor.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"

iotkit_status monitor_init(struct monitor *monitor)
{
	pthread_condattr_t attributes;
	int rc = pthread_mutex_init(&monitor->lock, NULL);

	if (rc != 0)
		return error_set_system(rc, "cannot make a lock");
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	rc = pthread_cond_init(&monitor->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (rc != 0) {
		pthread_mutex_destroy(&monitor->lock);
		return error_set_system(rc, "cannot make a condition variable");
	}
	return IOTKIT_OK;
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
	if (deadline == CLOCK_NEVER) {
		pthread_cond_wait(&monitor->changed, &monitor->lock);
		return true;
	}
	/* Who only looks is spared the system call. */
	if (deadline <= clock_monotonic_ms())
		return false;
	struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000),
		.tv_nsec = (long)(deadline % 1000) * 1000000,
	};
	return pthread_cond_timedwait(&monitor->changed, &monitor->lock, &until) != ETIMEDOUT;
}
