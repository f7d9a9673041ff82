/* SPDX-License-Identifier: MIT
 *
 * Why a port cannot be opened, and what mends it.
 */
#ifndef IOTKIT_DEVICE_PORT_EXPLAIN_H
#define IOTKIT_DEVICE_PORT_EXPLAIN_H

#include "iotkit.h"

/* Sets the last error for what the system said of this path. IOTKIT_ENOENT when
 * nothing is plugged in there, IOTKIT_ESYSTEM for everything else. */
iotkit_status port_explain(int errno_code, const char *path);

#endif
