/* SPDX-License-Identifier: MIT
 *
 * What can be read of a damaged file, in a new one.
 *
 * The tables' trees are not followed, since one bad page would take thousands of
 * rows along: each page is looked at, and what has the check sum of a row is one.
 * So no row comes back that is not as it was written. The damaged file is only read,
 * and renamed when the new one is finished: a crash in between loses nothing.
 */
#ifndef IOTKIT_OUTBOX_SALVAGE_H
#define IOTKIT_OUTBOX_SALVAGE_H

#include "outbox/store_internal.h"

/* Of the file at this path, which nobody has open. Known is what its totals were,
 * NULL: what it says itself. Flights of messages that are lost are kept: to the
 * broker their packet ids are taken. */
iotkit_status salvage(const char *path, const struct store_totals *known);

/* What salvage came to is kept in the file until somebody has read it: the process may
 * end before. aside: "" when there is nothing to tell. */
iotkit_status salvage_read_report(struct store *store, struct store_found *found);
iotkit_status salvage_forget_report(struct store *store);

#endif
