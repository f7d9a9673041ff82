/* SPDX-License-Identifier: MIT
 *
 * The loopback port through which paho.mqtt.c, which takes no descriptor, is
 * handed its connection. It lets in exactly one socket, and only one of this
 * very process.
 */
#ifndef IOTKIT_LINK_DOOR_H
#define IOTKIT_LINK_DOOR_H

#include <stdint.h>

#include "iotkit.h"

/* listener_out: a non-blocking socket that listens on 127.0.0.1:port_out. */
iotkit_status door_open(int *listener_out, uint16_t *port_out);

/* Accepts one connection of this process; fd_out is -1 while none has come.
 * Connections of other processes are closed unread, and counted. Fails when this
 * process has no descriptor left. */
iotkit_status door_accept(int listener, int *fd_out, uint64_t *intruders);

#endif
