/* SPDX-License-Identifier: MIT
 *
 * From the journal into the database, in one transaction.
 */
#ifndef IOTKIT_OUTBOX_SETTLE_H
#define IOTKIT_OUTBOX_SETTLE_H

#include "outbox/change.h"
#include "outbox/store_internal.h"

/* All changes of a journal, as long as they are taken. */
iotkit_status settle_for_each(const struct journal *journal,
			      iotkit_status (*take)(void *context, const struct change *change),
			      void *context);

/* Of the journal that the database lacks; 0: it does not say. */
iotkit_status settle_read_generation(struct store *store, uint64_t *out);

/* What the journal has, and what there is of its batch, goes into a transaction of the
 * database that stays open for more. */
iotkit_status settle_begin(struct store *store);
iotkit_status settle_commit(struct store *store); /* the journal begins anew */

/* Both, when there is something in it. */
iotkit_status settle(struct store *store);

/* Takes up the journal of a file just opened, and settles it. is_salvaged: the database may
 * not know which journal is its own. */
iotkit_status settle_opened(struct store *store, bool is_salvaged);

/* After that a damaged journal gets another name, which is told; else that stays as it is. */
iotkit_status settle_set_aside(struct store *store, char *aside, size_t size);

#endif
