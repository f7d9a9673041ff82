/* SPDX-License-Identifier: MIT */
#include "outbox/purge.h"

#include <string.h>

#include "base/error.h"
#include "outbox/inspect.h"
#include "outbox/store.h"

/* As many go in one transaction, so that the log stays small. */
enum { BATCH_ROWS = 1024 };

struct batch {
	int64_t before_ms;
	uint64_t last_id; /* looked at */
	size_t count;
	struct {
		uint64_t id;
		uint64_t bytes;
	} rows[BATCH_ROWS];
};

static bool is_due(const struct batch *batch, const struct outbox_message *message)
{
	if (batch->before_ms == INT64_MAX)
		return true;
	/* Of a damaged message even the time may be wrong. */
	return message->topic != NULL && message->time_ms < batch->before_ms;
}

static bool take(void *context, const struct outbox_message *message)
{
	struct batch *batch = context;

	batch->last_id = message->id;
	if (!is_due(batch, message))
		return true;
	batch->rows[batch->count].id = message->id;
	batch->rows[batch->count].bytes =
		message->size + (message->topic != NULL ? strlen(message->topic) : 0);
	return ++batch->count < BATCH_ROWS;
}

static iotkit_status remove_batch(struct store *store, const struct batch *batch)
{
	iotkit_status status = store_begin(store);

	for (size_t i = 0; i < batch->count && status == IOTKIT_OK; i++)
		status = store_remove(store, batch->rows[i].id, batch->rows[i].bytes);
	if (status == IOTKIT_OK)
		status = store_commit(store);
	if (status != IOTKIT_OK)
		store_rollback(store);
	return status;
}

static iotkit_status remove_all(struct store *store, int64_t before_ms, uint64_t *count)
{
	struct batch batch = {.before_ms = before_ms};
	iotkit_status status;

	do {
		batch.count = 0;
		status = store_read(store, batch.last_id + 1, UINT64_MAX, take, &batch);
		if (status == IOTKIT_OK)
			status = remove_batch(store, &batch);
		if (status == IOTKIT_OK)
			*count += batch.count;
	} while (status == IOTKIT_OK && batch.count == BATCH_ROWS);
	return status;
}

static iotkit_status shrink(struct store *store)
{
	iotkit_status status;
	bool more;

	do
		status = store_shrink(store, &more);
	while (status == IOTKIT_OK && more);
	return status;
}

/* store_open() would make a missing file, and set a damaged one aside. */
static iotkit_status check(const char *path)
{
	iotkit_outbox_summary summary;
	struct inspection *inspection;
	iotkit_status status = inspect_open(path, &inspection);

	if (status != IOTKIT_OK)
		return status;
	status = inspect_summarize(inspection, &summary);
	inspect_close(inspection);
	return status;
}

iotkit_status purge_file(const char *path, int64_t before_ms, uint64_t *count)
{
	struct store_found found;
	struct store *store;
	iotkit_status status = check(path);

	*count = 0;
	if (status == IOTKIT_OK)
		status = store_open(path, STORE_SYNC_POWER, &store, &found);
	if (status != IOTKIT_OK)
		return status;
	status = remove_all(store, before_ms, count);
	if (status == IOTKIT_OK) {
		status = shrink(store);
		/* Then the file is only larger than it need be. */
		if (status == IOTKIT_ENOMEM)
			status = IOTKIT_OK;
	}
	store_close(store);
	return status;
}
