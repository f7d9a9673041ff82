/* SPDX-License-Identifier: MIT
 *
 * What a service tells the manager that started it, by systemd's protocol: a datagram of
 * `NAME=value` lines to the socket that $NOTIFY_SOCKET names. It is documented and stable
 * (sd_notify(3)), and so short that libsystemd is not needed for it.
 */
#ifndef EXAMPLES_NOTIFY_H
#define EXAMPLES_NOTIFY_H

#include <stdint.h>

#include "common/cli.h"

/* Sends lines as "READY=1\nSTATUS=connected"; nothing when no manager wants to hear. */
void notify_send(const char *format, ...) CLI_PRINTF;

/* "RELOADING=1", after which "READY=1" is to follow. */
void notify_reloading(void);

/* How often to send "WATCHDOG=1", in ms: twice within the time that the manager
 * gives. 0 when it does not want to hear it. */
int64_t notify_watchdog_ms(void);

#endif
