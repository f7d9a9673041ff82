/* SPDX-License-Identifier: MIT
 *
 * A descriptor that another thread can make readable, to wake a poll().
 */
#ifndef IOTKIT_BASE_WAKE_H
#define IOTKIT_BASE_WAKE_H

#include <stdatomic.h>

#include "iotkit.h"

struct wake {
	atomic_bool signalled; /* saves a system call a signal */
	int read_fd;
	int write_fd;
};

iotkit_status wake_open(struct wake *wake);
void wake_close(struct wake *wake);

/* Makes read_fd readable until wake_clear(); once is as good as many times. */
void wake_signal(struct wake *wake);
void wake_clear(struct wake *wake);

#endif
