/* SPDX-License-Identifier: MIT
 *
 * The serial ports of this machine.
 */
#ifndef IOTKIT_DEVICE_PORT_LIST_H
#define IOTKIT_DEVICE_PORT_LIST_H

#include <stddef.h>

#include "iotkit.h"

/* All of them, in an array to be freed; NULL when there are none. Each one's uri fits no
 * other. IOTKIT_ESYSTEM or IOTKIT_ENOMEM. */
iotkit_status port_list(iotkit_port_info **out, size_t *count_out);

#endif
