/* SPDX-License-Identifier: MIT
 *
 * Threads that leave the application's signals to the application.
 */
#ifndef IOTKIT_BASE_THREAD_H
#define IOTKIT_BASE_THREAD_H

#include <pthread.h>

#include "iotkit.h"

/* Starts a thread with all signals blocked; name has at most 15 characters. */
iotkit_status thread_start(pthread_t *out, const char *name, void *(*run)(void *), void *context);

#endif
