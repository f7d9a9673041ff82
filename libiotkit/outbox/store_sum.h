/* SPDX-License-Identifier: MIT
 *
 * Check sums of the rows in an outbox's file. They tell what a row is, too: each
 * kind has its own, so that rows are known again in a file that is in pieces.
 */
#ifndef IOTKIT_OUTBOX_STORE_SUM_H
#define IOTKIT_OUTBOX_STORE_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outbox/message.h"

/* A message's row; the topic needs no NUL here. */
struct store_row {
	struct outbox_message message;
	size_t topic_size;
	uint64_t total; /* bytes accepted up to this one, from the first on */
};

/* What the file counts. */
struct store_totals {
	uint64_t last_id;
	uint64_t accepted_bytes;
	uint64_t removed_rows; /* of the ids up to last_id, those that have no row */
	uint64_t removed_bytes;
};

int64_t store_sum_message(const struct store_row *row);
int64_t store_sum_totals(const struct store_totals *totals);
int64_t store_sum_flight(uint64_t id, uint16_t packet_id, bool released);
int64_t store_sum_received(uint16_t packet_id, const void *packet, size_t size);
int64_t store_sum_text(const char *name, size_t name_size, const char *text, size_t text_size);

#endif
