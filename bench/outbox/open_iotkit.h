/* SPDX-License-Identifier: MIT
 *
 * A handle of libiotkit with the outbox that a benchmark asks for.
 */
#ifndef BENCH_OUTBOX_OPEN_IOTKIT_H
#define BENCH_OUTBOX_OPEN_IOTKIT_H

#include <iotkit.h>

#include "backlog.h"

/* Never returns NULL. */
iotkit *open_iotkit(const struct backlog *backlog);

/* Ends the program unless it is IOTKIT_OK. */
void check_iotkit(iotkit_status status);

#endif
