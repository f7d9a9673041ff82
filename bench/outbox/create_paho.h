/* SPDX-License-Identifier: MIT
 *
 * An MQTTAsync client with paho's own file persistence.
 */
#ifndef BENCH_OUTBOX_CREATE_PAHO_H
#define BENCH_OUTBOX_CREATE_PAHO_H

#include <MQTTAsync.h>

#include "backlog.h"

/* Never returns NULL. */
MQTTAsync create_paho(const struct backlog *backlog);

/* Ends the program unless it is MQTTASYNC_SUCCESS. */
void check_paho(int rc, const char *what);

#endif
