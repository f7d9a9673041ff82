/* SPDX-License-Identifier: MIT
 *
 * A TCP connection to whichever address of a host answers first.
 * Source: RFC 8305 (Happy Eyeballs).
 */
#ifndef IOTKIT_LINK_DIAL_H
#define IOTKIT_LINK_DIAL_H

#include "base/patience.h"
#include "iotkit.h"

/* fd_out receives a non-blocking socket with TCP_NODELAY set. */
iotkit_status dial(const char *host, uint16_t port, const struct patience *patience, int *fd_out);

#endif
