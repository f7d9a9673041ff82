/* SPDX-License-Identifier: MIT
 *
 * What iotkit-gateway tells systemd, when it runs as its service: that it serves, how the
 * connection is, and that it is alive.
 */
#ifndef EXAMPLES_GATEWAY_SERVICE_H
#define EXAMPLES_GATEWAY_SERVICE_H

#include <stdint.h>

#include <iotkit.h>

/* It serves boards, from the start or again after a reload. */
void gateway_service_ready(void);
void gateway_service_reloading(void);
void gateway_service_stopping(void);

/* Tells what an event says about the connection. */
void gateway_service_event(iotkit *iot, const iotkit_event *event);

/* To be called whenever the main loop comes by: when it is time, says that the gateway is
 * alive. Returns when it is to be called again, on wait_now()'s clock. */
int64_t gateway_service_alive(iotkit *iot);

#endif
