/* SPDX-License-Identifier: MIT
 *
 * Looking into an outbox's file, and deleting from it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "outbox/inspect.h"
#include "outbox/purge.h"

enum {
	/* What 1.0 had: it stays, however the struct grows. */
	SIZE_1_0 = offsetof(iotkit_outbox_summary, client_id) + 128,
	SIZE_MAX_SANE = 4096
};

struct iotkit_outbox_rows {
	struct inspection *inspection;
	iotkit_outbox_row row;
	struct reason why; /* IOTKIT_OK: it can be read on */
};

iotkit_status iotkit_outbox_summarize(const char *path, iotkit_outbox_summary *summary)
{
	iotkit_outbox_summary all = {0};
	struct inspection *inspection;

	if (path == NULL || summary == NULL || summary->struct_size < SIZE_1_0 ||
	    summary->struct_size > SIZE_MAX_SANE)
		return error_set(IOTKIT_EINVAL,
				 "iotkit_outbox_summarize() needs a path, and a struct whose "
				 "struct_size is set to sizeof(iotkit_outbox_summary)");
	iotkit_status status = inspect_open(path, &inspection);
	if (status != IOTKIT_OK)
		return status;
	status = inspect_summarize(inspection, &all);
	inspect_close(inspection);
	if (status != IOTKIT_OK)
		return status;
	size_t size = summary->struct_size;
	all.struct_size = summary->struct_size;
	memset(summary, 0, size);
	memcpy(summary, &all, size < sizeof all ? size : sizeof all);
	return IOTKIT_OK;
}

iotkit_status iotkit_outbox_rows_open(const char *path, uint64_t after_id, iotkit_outbox_rows **out)
{
	if (path == NULL || out == NULL)
		return error_set(IOTKIT_EINVAL,
				 "iotkit_outbox_rows_open() needs a path and a place for the walk");
	iotkit_outbox_rows *rows = calloc(1, sizeof *rows);
	if (rows == NULL)
		return error_set_no_memory();
	iotkit_status status = inspect_open(path, &rows->inspection);
	if (status != IOTKIT_OK) {
		free(rows);
		return status;
	}
	inspect_seek(rows->inspection, after_id);
	*out = rows;
	return IOTKIT_OK;
}

const iotkit_outbox_row *iotkit_outbox_rows_next(iotkit_outbox_rows *rows)
{
	const struct inspected *found;

	if (rows == NULL) {
		error_set(IOTKIT_EINVAL, "the walk is NULL; iotkit_outbox_rows_open() begins one");
		return NULL;
	}
	if (rows->why.status != IOTKIT_OK)
		return NULL;
	if (inspect_next(rows->inspection, &found) != IOTKIT_OK) {
		reason_capture(&rows->why);
		return NULL;
	}
	if (found == NULL)
		return NULL;
	rows->row = (iotkit_outbox_row){
		.struct_size = sizeof rows->row,
		.qos = found->message.qos,
		.retain = found->message.retain != 0,
		.packet_id = found->packet_id,
		.id = found->message.id,
		.time_ms = found->message.time_ms,
		.expires_ms = found->message.expires_ms,
		.topic = found->message.topic,
		.payload = found->message.payload,
		.payload_size = found->message.size,
	};
	return &rows->row;
}

iotkit_status iotkit_outbox_rows_status(const iotkit_outbox_rows *rows)
{
	if (rows == NULL)
		return error_set(IOTKIT_EINVAL, "iotkit_outbox_rows_status() needs a walk");
	return rows->why.status == IOTKIT_OK ? IOTKIT_OK : reason_raise(&rows->why);
}

void iotkit_outbox_rows_close(iotkit_outbox_rows *rows)
{
	if (rows == NULL)
		return;
	inspect_close(rows->inspection);
	free(rows);
}

iotkit_status iotkit_outbox_purge(const char *path, int64_t before_ms, uint64_t *count_out)
{
	uint64_t count = 0;

	if (path == NULL)
		return error_set(IOTKIT_EINVAL, "iotkit_outbox_purge() needs a path");
	iotkit_status status = purge_file(path, before_ms, &count);
	if (status == IOTKIT_OK && count_out != NULL)
		*count_out = count;
	return status;
}
