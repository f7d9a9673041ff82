/* SPDX-License-Identifier: MIT
 *
 * To be preloaded: a machine whose clock is wrong, or kept right by a time server, since the
 * clock of the machine that runs the tests cannot be set.
 *
 * CLOCK_SHIM_TIME is the moment that the system's clock says, in seconds since 1970, and
 * CLOCK_SHIM_SYNCHRONISED what adjtimex() is to say of it: 0 or 1.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

static void find_next(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, sizeof found);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	static int (*next)(clockid_t, struct timespec *);
	const char *moment = getenv("CLOCK_SHIM_TIME");

	if (next == NULL)
		find_next(&next, "clock_gettime");
	if (clock != CLOCK_REALTIME || moment == NULL)
		return next(clock, out);
	*out = (struct timespec){.tv_sec = strtol(moment, NULL, 10)};
	return 0;
}

int adjtimex(struct timex *out)
{
	const char *synchronised = getenv("CLOCK_SHIM_SYNCHRONISED");

	*out = (struct timex){.status = 0};
	if (synchronised == NULL || *synchronised != '1')
		out->status = STA_UNSYNC;
	return out->status != 0 ? TIME_ERROR : TIME_OK;
}
