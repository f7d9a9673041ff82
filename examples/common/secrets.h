/* SPDX-License-Identifier: MIT
 *
 * Passwords that come by the command line or the environment. Everybody can read
 * a command line (/proc/PID/cmdline), and each child inherits the environment.
 */
#ifndef EXAMPLES_COMMON_SECRETS_H
#define EXAMPLES_COMMON_SECRETS_H

#include <stdbool.h>

/* A copy of an argument, which is overwritten. Exits when there is no memory. */
char *secrets_take(char *argument);

/* Wipes and frees such a copy; NULL is fine. */
void secrets_forget(char *copy);

/* The same for a variable of the environment, which is removed as well; NULL when
 * it is not set, or empty. */
char *secrets_take_variable(const char *name);

/* Whether a value of this option of the library is, or has in it, a password. */
bool secrets_are_in(const char *option, const char *value);

#endif
