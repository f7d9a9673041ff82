/* SPDX-License-Identifier: MIT
 *
 * The outbox's file: a SQLite database in WAL mode, and beside it a journal of the latest
 * changes, see journal.h. It knows rows and transactions, and nothing of threads: one thread
 * at a time may use a store.
 *
 * A message's row is written once and removed once. That it is in flight is said by
 * a small row beside it, so that no moment has both or neither: a message without
 * one is sent anew after a restart, a message with one is sent again under its
 * packet id.
 *
 * Each function returns IOTKIT_OK, or fails with a sentence that names the file, the
 * cause and the mend. What kind of failure it was, store_fault() tells.
 */
#ifndef IOTKIT_OUTBOX_STORE_H
#define IOTKIT_OUTBOX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"
#include "outbox/message.h"

enum store_sync {
	STORE_SYNC_PROCESS, /* a commit survives the end of the process */
	STORE_SYNC_POWER /* and the end of the power: each commit waits for the disk */
};

enum store_fault {
	STORE_SOUND,
	STORE_TROUBLE, /* full, read-only, locked, an I/O error: may pass */
	STORE_CORRUPT /* store_salvage() is due */
};

/* What was found in the file. */
struct store_found {
	uint64_t last_id; /* the highest ever given, 0: none */
	uint64_t rows; /* messages in it, in flight or not */
	uint64_t bytes; /* their topics and payloads */
	bool created; /* there was no file */
	/* Set when the file was damaged and set aside. */
	char aside[512]; /* its new name; "": it was not */
	uint64_t recovered; /* messages read out of it; rows, right after */
	uint64_t lost; /* messages known to have been in it, and not recovered */
	/* Set when the journal was damaged and set aside: what it had from there on is lost. */
	char recent_aside[512];
};

struct store;

/* Opens or makes the file, which no other handle or process may have open, sets a
 * damaged one aside, brings an older one up to date. Fails with IOTKIT_EBUSY when
 * another process has it, IOTKIT_ENOTSUP when a newer library made it, IOTKIT_EINVAL
 * when it is no outbox, else IOTKIT_ESYSTEM. */
iotkit_status store_open(const char *path, enum store_sync sync, struct store **out,
			 struct store_found *found);
void store_close(struct store *store); /* NULL is fine */

void store_set_sync(struct store *store, enum store_sync sync);

/* Of the last call that failed. */
enum store_fault store_fault(const struct store *store);

/* Sets the damaged file aside as FILE.damaged-20261123T191500Z, and puts into a new one
 * what can be read. Afterwards the store is as good as newly opened. */
iotkit_status store_salvage(struct store *store, struct store_found *found);

/* ---- One transaction. After a failure: store_rollback(). ---- */

iotkit_status store_begin(struct store *store);
iotkit_status store_commit(struct store *store);
void store_rollback(struct store *store); /* harmless outside of one */

/* Ids rise. */
iotkit_status store_insert(struct store *store, const struct outbox_message *message);

/* The message and its flight; bytes are those of its topic and payload. */
iotkit_status store_remove(struct store *store, uint64_t id, uint64_t bytes);

/* In flight under this packet id; released: the broker has it (PUBREC came), and only
 * the end of the exchange is left. Replaces what was said before. */
iotkit_status store_set_flight(struct store *store, uint64_t id, uint16_t packet_id, bool released);

/* The message waits again, or is gone. */
iotkit_status store_end_flight(struct store *store, uint64_t id);

/* What came from the broker with QoS 2 and is not finished: its packet, or size 0. */
iotkit_status store_set_received(struct store *store, uint16_t packet_id, const void *packet,
				 size_t size);
iotkit_status store_end_received(struct store *store, uint16_t packet_id);

/* A short text under a name, in place of the one before. */
iotkit_status store_put_text(struct store *store, const char *name, const char *text);
iotkit_status store_remove_text(struct store *store, const char *name);

/* ---- Reading. All pointers given to the callbacks are borrowed. ---- */

/* Messages with from <= id < end, oldest first, in flight or not, until take() says
 * false. A message that fails its check sum comes with a NULL topic, and is to be
 * removed with the bytes given in its size. */
iotkit_status store_read(struct store *store, uint64_t from, uint64_t end,
			 bool (*take)(void *context, const struct outbox_message *message),
			 void *context);

/* All flights, oldest message first. */
iotkit_status store_read_flights(struct store *store,
				 void (*take)(void *context, uint64_t id, uint16_t packet_id,
					      bool released),
				 void *context);

iotkit_status store_read_received(struct store *store,
				  void (*take)(void *context, uint16_t packet_id,
					       const void *packet, size_t size),
				  void *context);

/* All texts whose names begin so, by name. */
iotkit_status store_read_texts(struct store *store, const char *prefix,
			       void (*take)(void *context, const char *name, const char *text),
			       void *context);

/* A short text kept under a name; "" when there is none. Each write is a transaction. */
iotkit_status store_get_text(struct store *store, const char *name, char *text, size_t size);
iotkit_status store_set_text(struct store *store, const char *name, const char *text);

/* ---- Housekeeping, outside of a transaction ---- */

/* Whether there is something that the database has not; and brings it there, as all that
 * reads does. */
bool store_has_recent(const struct store *store);
iotkit_status store_settle(struct store *store);

/* Gives a slice of unused space back to the file system when much of the file is
 * unused; more: call it again. */
iotkit_status store_shrink(struct store *store, bool *more);

/* Size of the file and its log on the disk. */
uint64_t store_disk_bytes(const struct store *store);

#endif
