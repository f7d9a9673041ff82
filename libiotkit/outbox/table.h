/* SPDX-License-Identifier: MIT
 *
 * The tables of the outbox's database: what each change is in SQL. All of it belongs into a
 * transaction, after a failure of which comes table_rollback().
 *
 * Totals tell how many messages there are without counting them.
 */
#ifndef IOTKIT_OUTBOX_TABLE_H
#define IOTKIT_OUTBOX_TABLE_H

#include "outbox/change.h"
#include "outbox/store_internal.h"

iotkit_status table_begin(struct store *store);
iotkit_status table_commit(struct store *store);
void table_rollback(struct store *store); /* harmless outside of one */

/* What is there already, or is not there, changes nothing. */
iotkit_status table_apply(struct store *store, const struct change *change);

/* As if a message had come, or gone. */
void table_count_in(struct store *store, uint64_t id, uint64_t bytes);
void table_count_out(struct store *store, uint64_t bytes);
iotkit_status table_write_totals(struct store *store);

/* Any id, even below the last one; is_new: there was none of it. */
iotkit_status table_insert(struct store *store, struct store_row *row, bool *is_new);
iotkit_status table_set_flight(struct store *store, uint64_t id, uint16_t packet_id, bool released);
iotkit_status table_set_received(struct store *store, uint16_t packet_id, const void *packet,
				 size_t size);
iotkit_status table_put_text(struct store *store, struct change_bytes name,
			     struct change_bytes text);

/* A text in a transaction of its own. */
iotkit_status table_save_text(struct store *store, const char *name, const char *text);

#endif
