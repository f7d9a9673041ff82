/* SPDX-License-Identifier: MIT
 *
 * mosquitto_pub's flags for TLS, in terms of the library's options.
 */
#ifndef EXAMPLES_COMMON_TLS_FLAGS_H
#define EXAMPLES_COMMON_TLS_FLAGS_H

#include <stdbool.h>

#include "cli.h"
#include "session.h"

extern const struct cli_option tls_flags[];

/* Takes one of tls_flags; false when the key is none of them. */
bool tls_flag(struct session *session, int key, const char *argument);

#endif
