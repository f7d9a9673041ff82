/* SPDX-License-Identifier: MIT
 *
 * serial:auto: a device that has no port of its own, but makes a device of each known board
 * that is plugged in and that no other device is for. Called by the poller only.
 */
#ifndef IOTKIT_DEVICE_AUTO_H
#define IOTKIT_DEVICE_AUTO_H

#include "device/internal.h"

/* Looks for boards, when it is time; list is that of the devices. True when there are new
 * devices. */
bool auto_look(struct devices *devices, struct device *const *list, size_t count, int64_t now_ms);

/* A device that was found is removed, and not found again before it was unplugged. */
void auto_dismiss(struct devices *devices, const struct device *device);

#endif
