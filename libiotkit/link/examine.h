/* SPDX-License-Identifier: MIT
 *
 * Connecting to a broker only to look at its certificate.
 */
#ifndef IOTKIT_LINK_EXAMINE_H
#define IOTKIT_LINK_EXAMINE_H

#include "base/buffer.h"
#include "link/link.h"

/* Appends to the report what is known, also on failure. */
iotkit_status link_examine(const struct link_target *target, const struct patience *patience,
			   struct buffer *report);

#endif
