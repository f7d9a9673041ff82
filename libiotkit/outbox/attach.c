/* SPDX-License-Identifier: MIT
 *
 * From memory into a file, with what is in it.
 */
#include "outbox/internal.h"

/* One that is open, and not yet the outbox's. */
struct file {
	struct store *store;
	struct store_found found;
	struct positions positions;
};

/* With the lock. */
static iotkit_status adopt_file(struct outbox *outbox, struct file *file)
{
	const struct store_found *found = &file->found;

	outbox->store = file->store;
	outbox->positions = file->positions;
	file->positions = (struct positions){0};
	outbox->last_id = found->last_id;
	outbox->counters.rows = found->rows;
	outbox->counters.bytes = found->bytes;
	outbox->lanes[OUTBOX_BACKLOG].more = found->rows > 0;
	outbox->lanes[OUTBOX_BACKLOG].next = 1;
	return fetch_flights(outbox);
}

/* With the lock: in memory and empty again. */
static void abandon_file(struct outbox *outbox)
{
	rows_free(outbox);
	positions_free(&outbox->positions);
	outbox->newest = NULL;
	outbox->listed_bytes = outbox->flight_rows = outbox->flight_bytes = 0;
	outbox->lanes[OUTBOX_BACKLOG] = (struct lane){0};
	outbox->counters = (struct outbox_counters){0};
	outbox->last_id = 0;
	outbox->store = NULL;
}

static iotkit_status refuse_late(const char *path)
{
	return error_set(IOTKIT_ESTATE,
			 "cannot keep the outbox in %s: outbox.path is to be set once, before the "
			 "first message",
			 path);
}

/* With what is known of kits; should that be damaged, with what can be salvaged of all. */
static iotkit_status open_file(const char *path, enum store_sync sync, struct file *file)
{
	iotkit_status status = store_open(path, sync, &file->store, &file->found);

	if (status != IOTKIT_OK)
		return status;
	status = positions_load(&file->positions, file->store);
	if (status != IOTKIT_OK && store_fault(file->store) == STORE_CORRUPT) {
		status = store_salvage(file->store, &file->found);
		if (status == IOTKIT_OK)
			status = positions_load(&file->positions, file->store);
	}
	if (status != IOTKIT_OK)
		store_close(file->store);
	return status;
}

/* With the lock. */
static bool is_used(const struct outbox *outbox)
{
	return outbox->store != NULL || outbox->last_id > 0 || outbox->positions.count > 0;
}

/* With the lock. */
static iotkit_status start_in(struct outbox *outbox, struct file *file, enum store_sync sync)
{
	outbox->sync = sync;
	iotkit_status status = adopt_file(outbox, file);

	if (status == IOTKIT_OK)
		status = writer_start(outbox);
	if (status != IOTKIT_OK)
		abandon_file(outbox);
	return status;
}

iotkit_status outbox_attach(struct outbox *outbox, const char *path, enum store_sync sync)
{
	struct file file = {0};

	monitor_lock(&outbox->monitor);
	bool used = is_used(outbox);
	monitor_unlock(&outbox->monitor);
	if (used)
		return refuse_late(path);
	iotkit_status status = open_file(path, sync, &file);
	if (status != IOTKIT_OK)
		return status;
	monitor_lock(&outbox->monitor);
	status = is_used(outbox) ? refuse_late(path) : start_in(outbox, &file, sync);
	monitor_unlock(&outbox->monitor);
	if (status == IOTKIT_OK) {
		mend_tell(outbox, &file.found);
		return IOTKIT_OK;
	}
	positions_free(&file.positions);
	store_close(file.store);
	return status;
}
