/* SPDX-License-Identifier: MIT
 *
 * Passwords that come by the command line or the environment. Everybody can read
 * a command line (/proc/PID/cmdline), and each child inherits the environment.
 */
#ifndef EXAMPLES_COMMON_SECRETS_H
#define EXAMPLES_COMMON_SECRETS_H

#include <stddef.h>

enum { SECRETS_MAX = 8 };

/* Those of a command line. */
struct secrets {
	char *copies[SECRETS_MAX];
	size_t count;
};

/* The argument; but when it is a password as the value of this option of the library, or
 * has one in it, a copy, and the argument is overwritten. Exits when there are too many,
 * or there is no memory. */
char *secrets_guard(struct secrets *secrets, const char *option, char *argument);

/* Warns if there were any. */
void secrets_warn(const struct secrets *secrets);

/* Wipes and frees the copies. */
void secrets_wipe(struct secrets *secrets);

/* A copy of a variable of the environment, which is overwritten and removed; NULL when it
 * is not set, or empty. */
char *secrets_take_variable(const char *name);

/* Wipes and frees a text; NULL is fine. */
void secrets_forget(char *text);

#endif
