/* SPDX-License-Identifier: MIT */
#ifndef IOTKIT_BASE_OWN_PID_H
#define IOTKIT_BASE_OWN_PID_H

#include <sys/types.h>

/* As getpid(), but without a system call, of which there would be one at every message. Right in
 * a child made by fork(), too. */
pid_t own_pid(void);

#endif
