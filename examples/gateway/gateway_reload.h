/* SPDX-License-Identifier: MIT
 *
 * SIGHUP: the gateway takes up renewed certificates, keys and passwords.
 */
#ifndef EXAMPLES_GATEWAY_RELOAD_H
#define EXAMPLES_GATEWAY_RELOAD_H

#include <stdbool.h>

#include <iotkit.h>

/* Remembers the configuration file (or NULL) as it is, to tell later that it has changed. */
void gateway_reload_start(const char *config);

/* Connects anew with the files as they are now, if they are good; else, and when they
 * cannot be judged, the connection stays. Without one this is put off until there is. Boards
 * are read all the while. False when the gateway cannot go on. */
bool gateway_reload(iotkit *iot);

/* To be called when there is a connection: does what was put off. */
bool gateway_reload_connected(iotkit *iot);

#endif
