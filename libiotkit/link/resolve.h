/* SPDX-License-Identifier: MIT
 *
 * Looking a host name up without being held up by it.
 */
#ifndef IOTKIT_LINK_RESOLVE_H
#define IOTKIT_LINK_RESOLVE_H

#include "base/lookup.h"
#include "base/patience.h"
#include "iotkit.h"

/* The addresses of a host. Fails with IOTKIT_ERESOLVE, or IOTKIT_ETIMEOUT when
 * patience ends first. */
iotkit_status resolve(const char *host, uint16_t port, const struct patience *patience,
		      struct address addresses[LOOKUP_MAX], size_t *count_out);

#endif
