/* SPDX-License-Identifier: MIT */
#include "scarce.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "suite.h"

enum { ECP_RANDOM_FAILED = -0x4d00 };

static atomic_bool no_threads, no_random;
static struct rlimit before;
static enum __rlimit_resource limited;
static bool is_limited;

static void limit(enum __rlimit_resource resource, rlim_t most)
{
	ck_assert_int_eq(getrlimit(resource, &before), 0);
	const struct rlimit now = {.rlim_cur = most, .rlim_max = before.rlim_max};
	limited = resource;
	is_limited = true;
	ck_assert_int_eq(setrlimit(resource, &now), 0);
}

void scarce_descriptors(void)
{
	int least = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(least, 0);
	close(least);
	limit(RLIMIT_NOFILE, (rlim_t)least);
}

void scarce_disk(void)
{
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 0);
}

void scarce_threads(void)
{
	atomic_store(&no_threads, true);
}

void scarce_random(void)
{
	atomic_store(&no_random, true);
}

void scarce_end(void)
{
	if (is_limited)
		setrlimit(limited, &before);
	is_limited = false;
	atomic_store(&no_threads, false);
	atomic_store(&no_random, false);
}

/* What comes after this program's own. */
static void next_function(const char *name, void *out)
{
	*(void **)out = dlsym(RTLD_NEXT, name);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
		   void *(*run)(void *), void *restrict context)
{
	static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (atomic_load(&no_threads))
		return EAGAIN;
	if (next == NULL)
		next_function("pthread_create", &next);
	return next(thread, attributes, run, context);
}

int mbedtls_ecp_gen_key(int group, void *key, int (*random)(void *, unsigned char *, size_t),
			void *context);

int mbedtls_ecp_gen_key(int group, void *key, int (*random)(void *, unsigned char *, size_t),
			void *context)
{
	static int (*next)(int, void *, int (*)(void *, unsigned char *, size_t), void *);

	if (atomic_load(&no_random))
		return ECP_RANDOM_FAILED;
	if (next == NULL)
		next_function("mbedtls_ecp_gen_key", &next);
	return next(group, key, random, context);
}
