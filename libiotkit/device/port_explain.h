/* SPDX-License-Identifier: MIT
 *
 * Why a port cannot be used, and what mends it.
 */
#ifndef IOTKIT_DEVICE_PORT_EXPLAIN_H
#define IOTKIT_DEVICE_PORT_EXPLAIN_H

#include <stdint.h>

#include "base/error.h"

/* Sets the last error for what the system said of this path. IOTKIT_ENOENT when
 * nothing is plugged in there, IOTKIT_EBUSY when somebody has it, IOTKIT_ESYSTEM for
 * everything else. */
iotkit_status port_explain(int errno_code, const char *path);

/* To be asked before a port is opened: opening alone disturbs who has it, and two that read
 * get half of the bytes each. IOTKIT_EBUSY when another process, or device, has it. */
iotkit_status port_check_free(const char *path);

/* Writes why a port that was open for so long is gone. */
void port_explain_gone(const char *path, int64_t open_ms, struct reason *out);

#endif
