/* SPDX-License-Identifier: MIT
 *
 * The password's way into CONNECT. paho would keep a copy of it that is never
 * wiped, so paho does not get it: it is put into the packet on its way out.
 * Source: MQTT 5.0 sections 3.1.2.9 and 3.1.3.6.
 */
#ifndef IOTKIT_LINK_LOGIN_H
#define IOTKIT_LINK_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "iotkit.h"

struct login {
	char *password; /* secret memory; NULL: there is nothing to put in */
	struct buffer gathered; /* of paho's CONNECT */
	char *packet; /* secret memory: the same with the password; NULL: not whole yet */
	size_t size;
	size_t sent;
};

/* password is taken over. */
void login_begin(struct login *login, char *password);
void login_end(struct login *login);

/* Takes bytes of paho's; at the end of CONNECT the packet is made. */
iotkit_status login_take(struct login *login, const char *bytes, size_t size);

/* There is, or will be, a packet to be sent before all else. */
bool login_is_pending(const struct login *login);

#endif
