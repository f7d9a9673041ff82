/* SPDX-License-Identifier: MIT
 *
 * A folder of one's own, in which the openssl program makes keys and certificates.
 */
#ifndef TESTS_UNIT_WORKSHOP_H
#define TESTS_UNIT_WORKSHOP_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char workshop[64];

/* Runs a command line in the folder; it must succeed. */
__attribute__((format(printf, 1, 2))) static inline void sh(const char *format, ...)
{
	char command[1024];
	char whole[1200];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	snprintf(whole, sizeof whole, "cd %s && umask 077 && { %s; } >/dev/null 2>&1", workshop,
		 command);
	ck_assert_msg(system(whole) == 0, "failed: %s", command);
}

static inline void workshop_open(void)
{
	strcpy(workshop, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(workshop));
}

static inline void workshop_close(void)
{
	sh("rm -r %s", workshop);
}

/* The path of a file in the folder; "" stays "". Good for the next few calls. */
static inline const char *at(const char *name)
{
	static char paths[8][128];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", workshop, name);
	return name[0] == '\0' ? "" : path;
}

#endif
