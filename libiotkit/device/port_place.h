/* SPDX-License-Identifier: MIT
 *
 * The socket a port's board is plugged into.
 */
#ifndef IOTKIT_DEVICE_PORT_PLACE_H
#define IOTKIT_DEVICE_PORT_PLACE_H

#include <stddef.h>

/* Writes the name that udev gives the port below /dev/serial/by-path/, as
 * "pci-0000:00:14.0-usb-0:2:1.0", also where no udev runs. "" when it is no USB port, or the
 * name does not fit. */
void port_place(const char *path, char *out, size_t size);

#endif
