/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pthread_setname_np */
#include "base/thread.h"

#include <signal.h>

#include "base/error.h"

iotkit_status thread_start(pthread_t *out, const char *name, void *(*run)(void *), void *context)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(out, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return error_set_system(rc, "cannot start the thread '%s'", name);
#ifdef __linux__
	pthread_setname_np(*out, name);
#endif
	return IOTKIT_OK;
}
