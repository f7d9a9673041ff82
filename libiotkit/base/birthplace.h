/* SPDX-License-Identifier: MIT
 *
 * In which process something was made, so that a child of it, made by fork(), can be told: without
 * a system call for each question.
 */
#ifndef IOTKIT_BASE_BIRTHPLACE_H
#define IOTKIT_BASE_BIRTHPLACE_H

#include <stdbool.h>
#include <sys/types.h>

struct birthplace {
	pid_t process;
	char *page; /* which the kernel empties in children; NULL: there is none, getpid() tells */
};

void birthplace_note(struct birthplace *birthplace);
bool birthplace_is_here(const struct birthplace *birthplace);
void birthplace_forget(struct birthplace *birthplace);

#endif
