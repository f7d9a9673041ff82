/* SPDX-License-Identifier: MIT
 *
 * What the parts of inspecting share: inspect_file.c opens the database,
 * inspect_recent.c lays over it what it lacks, inspect.c reads both.
 */
#ifndef IOTKIT_OUTBOX_INSPECT_INTERNAL_H
#define IOTKIT_OUTBOX_INSPECT_INTERNAL_H

#include <sys/types.h>
#include <time.h>

#include "outbox/inspect.h"
#include "outbox/store_internal.h"

enum { SIGHT_FILE, SIGHT_LOG, SIGHT_LOCK, SIGHT_COUNT };

/* The files as they were when they were opened. */
struct sight {
	struct {
		bool is_there;
		dev_t device;
		ino_t number;
		off_t size;
		struct timespec changed;
	} files[SIGHT_COUNT];
};

/* Each costs as much as the journal has changes. */
enum { BATCH_ROWS = 2048, BATCH_BYTES = 1024 * 1024 };

struct inspection {
	struct store store; /* of which only reading works */
	bool in_use; /* another handle has it open */
	struct sight seen;
	bool is_overtaken; /* the database went on before its journal was read */

	/* The walk */
	uint64_t after; /* id of the last message read */
	struct inspected *batch[BATCH_ROWS];
	size_t count, next;
	size_t bytes;
	bool short_of_memory;
};

/* Opens inspection->store.path, which is resolved. */
iotkit_status inspect_connect(struct inspection *inspection);
void inspect_disconnect(struct inspection *inspection);

/* Within a transaction: what the database lacks is seen as if it had it. */
iotkit_status inspect_recent(struct inspection *inspection);

/* What was read since inspect_connect() is worth nothing: somebody has begun to use the
 * file, which was read as one that rests, or it is another one now. */
bool inspect_has_changed(const struct inspection *inspection);

#endif
