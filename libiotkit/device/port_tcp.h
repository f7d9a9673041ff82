/* SPDX-License-Identifier: MIT
 *
 * A board whose serial port another machine, or its own chip, puts on the network, as
 * ser2net and ESP-link do. Connecting waits for nothing: the poller does that.
 */
#ifndef IOTKIT_DEVICE_PORT_TCP_H
#define IOTKIT_DEVICE_PORT_TCP_H

#include <poll.h>
#include <stdint.h>

#include "device/port_uri.h"

struct port_dial;

/* Begins to connect. Fails with a sentence. */
iotkit_status port_dial_start(const struct port_settings *settings, int64_t now_ms,
			      struct port_dial **out);

/* What it waits for, and until when. */
struct pollfd port_dial_wait(const struct port_dial *dial);
int64_t port_dial_due(const struct port_dial *dial);

/* Goes on when that has come. fd_out receives the connected socket, which is non-blocking,
 * or -1 while there is none. IOTKIT_ERESOLVE, IOTKIT_ENETWORK or IOTKIT_ETIMEOUT with a
 * sentence when it is over. */
iotkit_status port_dial_step(struct port_dial *dial, int64_t now_ms, int *fd_out);

/* NULL does nothing. */
void port_dial_end(struct port_dial *dial);

#endif
