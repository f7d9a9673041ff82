/* SPDX-License-Identifier: MIT */
#include "outbox/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "outbox/inspect_internal.h"

/* ---- Reading a file that others use ---- */

typedef iotkit_status reading(struct inspection *inspection, void *context);

/* What it reads is of one moment. */
static iotkit_status read_at_once(struct inspection *inspection, reading *read, void *context)
{
	struct store *store = &inspection->store;
	iotkit_status status = store_execute(store, "BEGIN", "read");

	if (status == IOTKIT_OK)
		status = inspect_recent(inspection);
	if (status == IOTKIT_OK)
		status = read(inspection, context);
	/* Should memory be short for that, no later reading could begin. */
	if (sqlite3_get_autocommit(store->db) == 0 &&
	    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		inspect_disconnect(inspection);
	return status;
}

static iotkit_status try_to_read(struct inspection *inspection, reading *read, void *context)
{
	iotkit_status status = IOTKIT_OK;

	if (inspection->store.db == NULL)
		status = inspect_connect(inspection);
	return status == IOTKIT_OK ? read_at_once(inspection, read, context) : status;
}

static iotkit_status explain(const struct inspection *inspection, iotkit_status status)
{
	if (status != IOTKIT_ESYSTEM || inspection->store.fault != STORE_CORRUPT)
		return status;
	return error_set(status,
			 "%s; when a gateway is started with it, it sets the file aside and "
			 "keeps what can be read",
			 error_last());
}

/* A reading that was overtaken is done again from its beginning. */
static iotkit_status read_safely(struct inspection *inspection, reading *read, void *context)
{
	enum { ATTEMPTS = 10 };
	char path[FILE_PATH_SIZE];

	for (int i = 0; i < ATTEMPTS; i++) {
		iotkit_status status = try_to_read(inspection, read, context);
		bool overtaken = inspection->is_overtaken || inspect_has_changed(inspection);
		if (!overtaken && status == IOTKIT_OK)
			return IOTKIT_OK;
		status = explain(inspection, status);
		inspect_disconnect(inspection);
		if (!overtaken)
			return status;
	}
	return error_set(IOTKIT_ESYSTEM,
			 "the outbox %s changes faster than it can be read: try again",
			 file_path(inspection->store.path, path));
}

/* ---- Opening ---- */

static iotkit_status resolve(const char *path, char resolved[PATH_MAX])
{
	char shown[FILE_PATH_SIZE];

	if (realpath(path, resolved) != NULL)
		return IOTKIT_OK;
	if (errno == ENOENT)
		return error_set(IOTKIT_ENOENT, "there is no outbox %s: is it the right path?",
				 file_path(path, shown));
	return error_set_system(errno, "cannot find the outbox %s", file_path(path, shown));
}

static iotkit_status read_nothing(struct inspection *inspection, void *context)
{
	(void)inspection;
	(void)context;
	return IOTKIT_OK;
}

iotkit_status inspect_open(const char *path, struct inspection **out)
{
	struct inspection *inspection = calloc(1, sizeof *inspection);

	if (inspection == NULL)
		return error_set_no_memory();
	inspection->store.lock = -1;
	iotkit_status status = resolve(path, inspection->store.path);
	if (status == IOTKIT_OK)
		status = read_safely(inspection, read_nothing, NULL);
	if (status != IOTKIT_OK) {
		inspect_close(inspection);
		return status;
	}
	*out = inspection;
	return IOTKIT_OK;
}

static void clear_batch(struct inspection *inspection)
{
	for (size_t i = 0; i < inspection->count; i++)
		free(inspection->batch[i]);
	inspection->count = 0;
	inspection->next = 0;
	inspection->bytes = 0;
	inspection->short_of_memory = false;
}

void inspect_close(struct inspection *inspection)
{
	if (inspection == NULL)
		return;
	clear_batch(inspection);
	inspect_disconnect(inspection);
	free(inspection);
}

/* ---- The summary ---- */

static bool take_oldest(void *context, const struct outbox_message *message)
{
	iotkit_outbox_summary *summary = context;

	summary->first_id = message->id;
	summary->oldest_ms = message->time_ms;
	return false;
}

static iotkit_status count(struct store *store, const char *sql, uint64_t *out)
{
	int64_t number;
	iotkit_status status = store_number(store, sql, &number, "read");

	*out = (uint64_t)number;
	return status;
}

/* After store_load_totals(), which fails when the last row is not sound. */
static iotkit_status read_newest(struct store *store, iotkit_outbox_summary *summary)
{
	bool row;
	iotkit_status status = store_step(store, SQL_LAST_ROW, &row, "read");

	if (status != IOTKIT_OK)
		return status;
	if (row)
		summary->newest_ms = sqlite3_column_int64(store->sql[SQL_LAST_ROW], 1);
	store_reset(store, SQL_LAST_ROW);
	return IOTKIT_OK;
}

static iotkit_status read_schema(struct store *store, iotkit_outbox_summary *summary)
{
	int64_t version;
	iotkit_status status = store_number(store, "PRAGMA user_version", &version, "read");

	summary->schema = (int32_t)version;
	return status;
}

static iotkit_status summarize(struct inspection *inspection, void *context)
{
	struct store *store = &inspection->store;
	iotkit_outbox_summary *summary = context;
	uint32_t struct_size = summary->struct_size;
	iotkit_status status = store_load_totals(store);

	*summary = (iotkit_outbox_summary){.struct_size = struct_size};
	if (status == IOTKIT_OK)
		status = store_read(store, 0, UINT64_MAX, take_oldest, summary);
	if (status == IOTKIT_OK)
		status = read_newest(store, summary);
	if (status == IOTKIT_OK)
		status = count(store, "SELECT count(*) FROM flight", &summary->in_flight);
	if (status == IOTKIT_OK)
		status = count(store, "SELECT count(*) FROM received", &summary->received);
	if (status == IOTKIT_OK)
		status = read_schema(store, summary);
	if (status == IOTKIT_OK)
		status = store_get_text(store, "client_id", summary->client_id,
					sizeof summary->client_id);
	const struct store_totals *totals = &store->totals;
	uint64_t bytes = totals->accepted_bytes - totals->removed_bytes;
	summary->in_use = inspection->in_use;
	summary->rows = totals->last_id - totals->removed_rows;
	/* Damaged rows may have told wrong sizes when they were removed. */
	summary->bytes = bytes <= INT64_MAX ? bytes : 0;
	summary->last_id = totals->last_id;
	summary->disk_bytes = store_disk_bytes(store);
	return status;
}

iotkit_status inspect_summarize(struct inspection *inspection, iotkit_outbox_summary *out)
{
	return read_safely(inspection, summarize, out);
}

/* ---- The walk ---- */

/* Of a damaged message nothing is known but its id. */
static struct inspected *copy_damaged(const struct outbox_message *message)
{
	struct inspected *own = calloc(1, sizeof *own);

	if (own != NULL)
		own->message.id = message->id;
	return own;
}

static struct inspected *copy(const struct outbox_message *message)
{
	if (message->topic == NULL)
		return copy_damaged(message);
	size_t topic_size = strlen(message->topic) + 1;
	struct inspected *own = malloc(sizeof *own + topic_size + message->size);
	if (own == NULL)
		return NULL;
	char *bytes = (char *)(own + 1);
	*own = (struct inspected){.message = *message};
	own->message.topic = memcpy(bytes, message->topic, topic_size);
	own->message.payload = bytes + topic_size;
	if (message->size > 0)
		memcpy(bytes + topic_size, message->payload, message->size);
	return own;
}

static bool take_message(void *context, const struct outbox_message *message)
{
	struct inspection *inspection = context;
	struct inspected *own = copy(message);

	inspection->short_of_memory = own == NULL;
	if (own == NULL)
		return false;
	inspection->batch[inspection->count++] = own;
	inspection->bytes += own->message.size;
	return inspection->count < BATCH_ROWS && inspection->bytes < BATCH_BYTES;
}

/* Both the batch and the flights come in the order of their ids. */
static void take_flight(void *context, uint64_t id, uint16_t packet_id, bool released)
{
	struct inspection *inspection = context;

	(void)released;
	while (inspection->next < inspection->count &&
	       inspection->batch[inspection->next]->message.id < id)
		inspection->next++;
	if (inspection->next < inspection->count &&
	    inspection->batch[inspection->next]->message.id == id)
		inspection->batch[inspection->next]->packet_id = packet_id;
}

static iotkit_status read_batch(struct inspection *inspection, void *context)
{
	struct store *store = &inspection->store;

	(void)context;
	clear_batch(inspection);
	iotkit_status status =
		store_read(store, inspection->after + 1, UINT64_MAX, take_message, inspection);
	if (inspection->short_of_memory)
		status = error_set_no_memory();
	/* What was read before a failure is handed out; the next reading fails at once. */
	else if (inspection->count > 0)
		status = store_read_flights(store, take_flight, inspection);
	inspection->next = 0;
	return status;
}

void inspect_seek(struct inspection *inspection, uint64_t after_id)
{
	clear_batch(inspection);
	inspection->after = after_id;
}

iotkit_status inspect_next(struct inspection *inspection, const struct inspected **out)
{
	iotkit_status status = IOTKIT_OK;

	*out = NULL;
	/* The greatest id that there can be */
	if (inspection->next == inspection->count && inspection->after < INT64_MAX)
		status = read_safely(inspection, read_batch, NULL);
	if (status != IOTKIT_OK || inspection->next == inspection->count)
		return status;
	*out = inspection->batch[inspection->next++];
	inspection->after = (*out)->message.id;
	return IOTKIT_OK;
}
