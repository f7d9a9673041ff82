/* SPDX-License-Identifier: MIT */
#include "meter.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

static int64_t allocations(void)
{
	/* A function's address is no object's to ISO C, but POSIX has dlsym() return both. */
	static union {
		void *address;
		uint64_t (*call)(void);
	} counter;
	static bool asked;

	if (!asked)
		counter.address = dlsym(RTLD_DEFAULT, "allocations_count");
	asked = true;
	return counter.address != NULL ? (int64_t)counter.call() : 0;
}

static int64_t microseconds(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

struct mark mark_now(void)
{
	struct mark mark = {.allocations = allocations()};
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	mark.cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
	mark.ns = load_now_ns();
	return mark;
}

void report(const char *name, int64_t number)
{
	printf("%s %" PRId64 "\n", name, number);
	fflush(stdout);
}

void report_marks(const struct mark *begin, const struct mark *end)
{
	report("begin_ns", begin->ns);
	report("end_ns", end->ns);
	report("cpu_us", end->cpu_us - begin->cpu_us);
	report("allocations", end->allocations - begin->allocations);
}
