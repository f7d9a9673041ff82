/* SPDX-License-Identifier: MIT
 *
 * Looking a host name up in the background.
 */
#ifndef IOTKIT_BASE_LOOKUP_H
#define IOTKIT_BASE_LOOKUP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "iotkit.h"

struct address {
	struct sockaddr_storage socket_address;
	socklen_t size;
};

enum { LOOKUP_MAX = 16 }; /* addresses taken of one name */

struct lookup;

iotkit_status lookup_start(const char *host, uint16_t port, struct lookup **out);

/* Becomes readable when it is done. */
int lookup_fd(const struct lookup *lookup);

/* Once it is done: the addresses, families alternating as RFC 8305 section 4 asks.
 * IOTKIT_ERESOLVE with a sentence, in which whose is as "the broker's". */
iotkit_status lookup_take(struct lookup *lookup, const char *whose,
			  struct address addresses[LOOKUP_MAX], size_t *count_out);

/* Ends it, whether done or not. NULL does nothing. */
void lookup_leave(struct lookup *lookup);

/* "[::1]:1883" or "127.0.0.1:1883". */
enum { ADDRESS_TEXT_SIZE = 64 };
void address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

#endif
