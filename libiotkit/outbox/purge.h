/* SPDX-License-Identifier: MIT
 *
 * Deleting messages from an outbox's file that nobody has open.
 */
#ifndef IOTKIT_OUTBOX_PURGE_H
#define IOTKIT_OUTBOX_PURGE_H

#include <stdint.h>

#include "iotkit.h"

/* Those accepted before this moment; damaged ones too with INT64_MAX: all. Fails as
 * inspect_open() does, or with IOTKIT_EBUSY. A failure may leave some of them deleted. */
iotkit_status purge_file(const char *path, int64_t before_ms, uint64_t *count);

#endif
