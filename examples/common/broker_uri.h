/* SPDX-License-Identifier: MIT
 *
 * Where the broker is, and whether TLS leads there, as the command line says.
 */
#ifndef EXAMPLES_COMMON_BROKER_URI_H
#define EXAMPLES_COMMON_BROKER_URI_H

#include <stddef.h>

#include <iotkit.h>

#include "session.h"

/* That of --broker, else one made of -h and -p in the buffer. NULL when neither
 * is given: then it is the file's, or the library's own. Exits when the command
 * line is wrong. */
const char *broker_uri(const struct session *session, const char *config, char *buffer,
		       size_t size);

/* To how many hosts it leads. */
int broker_uri_hosts(const char *uri);

/* Exits when a flag for TLS was given to a session without it. */
void broker_uri_check_tls(const struct session *session, iotkit *iot);

#endif
