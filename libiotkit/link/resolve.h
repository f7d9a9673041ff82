/* SPDX-License-Identifier: MIT
 *
 * Looking a host name up without being held up by it.
 */
#ifndef IOTKIT_LINK_RESOLVE_H
#define IOTKIT_LINK_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/patience.h"
#include "iotkit.h"

struct address {
	struct sockaddr_storage socket_address;
	socklen_t size;
};

enum { RESOLVE_MAX = 16 }; /* addresses taken of one name */

/* The addresses of a host, families alternating as RFC 8305 section 4 asks.
 * Fails with IOTKIT_ERESOLVE, or IOTKIT_ETIMEOUT when patience ends first. */
iotkit_status resolve(const char *host, uint16_t port, const struct patience *patience,
		      struct address addresses[RESOLVE_MAX], size_t *count_out);

/* "[::1]:1883" or "127.0.0.1:1883". */
enum { ADDRESS_TEXT_SIZE = 64 };
void address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

#endif
