/* SPDX-License-Identifier: MIT
 *
 * Looking into an outbox's file from beside: a process may have it open or not, and
 * nothing is changed. Each piece is read in a short transaction of its own, so that a
 * reader who takes his time does not keep the file's log from being emptied.
 *
 * One thread at a time may use an inspection.
 */
#ifndef IOTKIT_OUTBOX_INSPECT_H
#define IOTKIT_OUTBOX_INSPECT_H

#include <stdint.h>

#include "iotkit.h"
#include "outbox/message.h"

struct inspection;

/* Fails with IOTKIT_ENOENT when there is no file, IOTKIT_EINVAL when it is no outbox,
 * IOTKIT_ENOTSUP when a newer library made it, else IOTKIT_ESYSTEM. */
iotkit_status inspect_open(const char *path, struct inspection **out);
void inspect_close(struct inspection *inspection); /* NULL is fine */

/* All but the struct_size. */
iotkit_status inspect_summarize(struct inspection *inspection, iotkit_outbox_summary *out);

struct inspected {
	struct outbox_message message; /* the topic of a damaged one is NULL */
	uint16_t packet_id; /* in flight under it; 0: not */
};

/* inspect_next() goes on after the message with this id; 0: from the oldest on. */
void inspect_seek(struct inspection *inspection, uint64_t after_id);

/* The next message, valid until the next call; *out is NULL after the last one. */
iotkit_status inspect_next(struct inspection *inspection, const struct inspected **out);

#endif
