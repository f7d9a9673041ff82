/* SPDX-License-Identifier: MIT */
#include "outbox/salvage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "outbox/salvage_cells.h"
#include "outbox/store_files.h"
#include "outbox/table.h"

/* Under this name the new file keeps how it came about. */
static const char report_name[] = "salvaged";
enum { REPORT_SIZE = STORE_NAME_SIZE + 48, ROWS_A_COMMIT = 2000 };

struct salvage {
	struct pages pages;
	struct row_space space;
	struct store *fresh;
	struct store_totals known;
	uint64_t last_id; /* the highest seen anywhere */
	uint64_t recovered;
	uint64_t bytes;
	size_t uncommitted;
};

static void see(struct salvage *salvage, uint64_t id)
{
	if (id > salvage->last_id)
		salvage->last_id = id;
}

/* ---- Rows, by kind. A kind has a number of columns of its own. ---- */

enum {
	RECEIVED_COLUMNS = 3, /* and texts */
	FLIGHT_COLUMNS = 4,
	TOTALS_COLUMNS = 6,
	MESSAGE_COLUMNS = 9,
	MESSAGE_COLUMNS_ALL = 11
};

static const void *bytes_of(const struct column *column)
{
	return column->size > 0 ? column->bytes : (const unsigned char *)"";
}

static bool as_message(const struct row_read *read, struct store_row *out)
{
	const struct column *column = read->columns;

	if (read->count < MESSAGE_COLUMNS || read->count > MESSAGE_COLUMNS_ALL || read->id <= 0)
		return false;
	bool has_id = read->count == MESSAGE_COLUMNS_ALL;
	*out = (struct store_row){
		.message = {.id = (uint64_t)read->id,
			    .topic = bytes_of(&column[7]),
			    .payload = bytes_of(&column[8]),
			    .size = column[8].size,
			    .qos = (int32_t)column[3].number,
			    .retain = (int32_t)column[4].number,
			    .time_ms = column[1].number,
			    .expires_ms = column[2].number,
			    .epoch = has_id ? (uint64_t)column[9].number : 0,
			    .seq = has_id ? (uint64_t)column[10].number : 0},
		.topic_size = column[7].size,
		.total = (uint64_t)column[5].number,
	};
	return column[6].number == store_sum_message(out);
}

/* The same row may be on two pages: some change was under way. */
static iotkit_status keep_message(struct salvage *salvage, struct store_row *row)
{
	bool is_new;
	iotkit_status status = table_insert(salvage->fresh, row, &is_new);

	if (status != IOTKIT_OK || !is_new)
		return status;
	see(salvage, row->message.id);
	salvage->recovered++;
	salvage->bytes += row->topic_size + row->message.size;
	salvage->uncommitted++;
	return IOTKIT_OK;
}

static iotkit_status keep_flight(struct salvage *salvage, const struct row_read *row)
{
	uint64_t id = (uint64_t)row->id;
	uint16_t packet_id = (uint16_t)row->columns[1].number;
	bool released = row->columns[2].number != 0;

	if (row->columns[3].number != store_sum_flight(id, packet_id, released))
		return IOTKIT_OK;
	see(salvage, id);
	return table_set_flight(salvage->fresh, id, packet_id, released);
}

static iotkit_status keep_received(struct salvage *salvage, const struct row_read *row)
{
	uint16_t packet_id = (uint16_t)row->id;
	const struct column *packet = &row->columns[2];

	if (row->columns[1].number != store_sum_received(packet_id, bytes_of(packet), packet->size))
		return IOTKIT_OK;
	return table_set_received(salvage->fresh, packet_id, bytes_of(packet), packet->size);
}

static iotkit_status keep_text(struct salvage *salvage, const struct row_read *row)
{
	const struct column *name = &row->columns[0], *text = &row->columns[1];

	if (row->columns[2].number !=
	    store_sum_text(bytes_of(name), name->size, bytes_of(text), text->size))
		return IOTKIT_OK;
	return table_put_text(salvage->fresh,
			      (struct change_bytes){.at = bytes_of(name), .size = name->size},
			      (struct change_bytes){.at = bytes_of(text), .size = text->size});
}

static void note_totals(struct salvage *salvage, const struct row_read *row)
{
	const struct column *column = row->columns;
	struct store_totals totals = {
		.last_id = (uint64_t)column[1].number,
		.accepted_bytes = (uint64_t)column[2].number,
		.removed_rows = (uint64_t)column[3].number,
		.removed_bytes = (uint64_t)column[4].number,
	};

	if (column[5].number != store_sum_totals(&totals))
		return;
	see(salvage, totals.last_id);
	if (totals.last_id >= salvage->known.last_id &&
	    totals.removed_rows >= salvage->known.removed_rows)
		salvage->known = totals;
}

static iotkit_status keep(struct salvage *salvage, bool is_table, const struct row_read *row)
{
	struct store_row message;

	if (!is_table)
		return row->count == RECEIVED_COLUMNS ? keep_text(salvage, row) : IOTKIT_OK;
	if (row->count == RECEIVED_COLUMNS)
		return keep_received(salvage, row);
	if (row->count == FLIGHT_COLUMNS)
		return keep_flight(salvage, row);
	if (row->count == TOTALS_COLUMNS)
		note_totals(salvage, row);
	else if (as_message(row, &message))
		return keep_message(salvage, &message);
	return IOTKIT_OK;
}

/* ---- Pages ---- */

static iotkit_status keep_page(struct salvage *salvage, uint32_t number)
{
	unsigned char page[SCHEMA_PAGE_SIZE];
	struct row_read row;
	iotkit_status status = IOTKIT_OK;

	if (!pages_may_have_rows(&salvage->pages, number) ||
	    !pages_read(&salvage->pages, number, page))
		return IOTKIT_OK;
	size_t count = cells_count(page);
	for (size_t i = 0; i < count && status == IOTKIT_OK; i++) {
		if (cells_read(&salvage->pages, page, i, &salvage->space, &row))
			status = keep(salvage, cells_are_of_table(page), &row);
		else if (salvage->space.is_short)
			status = error_set_no_memory();
	}
	return status;
}

/* A transaction must not grow with the file. */
static iotkit_status commit_some(struct salvage *salvage)
{
	if (salvage->uncommitted < ROWS_A_COMMIT)
		return IOTKIT_OK;
	salvage->uncommitted = 0;
	iotkit_status status = table_commit(salvage->fresh);
	return status == IOTKIT_OK ? table_begin(salvage->fresh) : status;
}

static iotkit_status keep_all(struct salvage *salvage)
{
	iotkit_status status = table_begin(salvage->fresh);

	for (uint32_t i = 1; i <= salvage->pages.count && status == IOTKIT_OK; i++) {
		status = keep_page(salvage, i);
		if (status == IOTKIT_OK)
			status = commit_some(salvage);
	}
	return status;
}

/* ---- The new file ---- */

static void settle_totals(struct salvage *salvage)
{
	salvage->fresh->totals = (struct store_totals){
		.last_id = salvage->last_id,
		.accepted_bytes = salvage->bytes,
		.removed_rows = salvage->last_id - salvage->recovered,
	};
	salvage->fresh->totals_go = true;
}

static uint64_t count_lost(const struct salvage *salvage)
{
	uint64_t rows = salvage->last_id - salvage->known.removed_rows;

	/* Without the totals nobody knows. */
	if (salvage->known.last_id == 0 || salvage->known.removed_rows > salvage->last_id)
		return 0;
	return rows > salvage->recovered ? rows - salvage->recovered : 0;
}

static iotkit_status write_report(struct salvage *salvage, const char *aside)
{
	char text[REPORT_SIZE];

	int size = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %s", salvage->recovered,
			    count_lost(salvage), aside);
	return table_put_text(
		salvage->fresh,
		(struct change_bytes){.at = report_name, .size = sizeof report_name - 1},
		(struct change_bytes){.at = text, .size = (size_t)size});
}

/* It is of worth once it is whole, and synced then. */
static iotkit_status fill(struct salvage *salvage, const char *aside)
{
	struct store *fresh = salvage->fresh;
	iotkit_status status = store_execute(fresh, "PRAGMA synchronous=OFF", "set up");

	if (status == IOTKIT_OK)
		status = keep_all(salvage);
	if (status == IOTKIT_OK)
		status = write_report(salvage, aside);
	if (status == IOTKIT_OK) {
		settle_totals(salvage);
		status = table_commit(fresh);
	}
	if (status == IOTKIT_OK)
		return store_finish(fresh);
	table_rollback(fresh);
	store_disconnect(fresh);
	return status;
}

static iotkit_status build(struct salvage *salvage, const char *path, const char *aside)
{
	iotkit_status status = pages_open(&salvage->pages, path);

	if (status != IOTKIT_OK)
		return status;
	status = store_connect_new(salvage->fresh, path);
	if (status == IOTKIT_OK)
		status = fill(salvage, aside);
	pages_close(&salvage->pages);
	row_space_free(&salvage->space);
	return status;
}

iotkit_status salvage(const char *path, const struct store_totals *known)
{
	struct salvage *salvage = calloc(1, sizeof *salvage);
	struct store *fresh = calloc(1, sizeof *fresh);
	char aside[STORE_NAME_SIZE];
	iotkit_status status = IOTKIT_OK;

	if (salvage == NULL || fresh == NULL)
		status = error_set_no_memory();
	if (status == IOTKIT_OK) {
		salvage->fresh = fresh;
		if (known != NULL)
			salvage->known = *known;
		salvage->last_id = salvage->known.last_id;
		store_files_name_aside(path, aside);
		status = build(salvage, path, aside);
	}
	if (status == IOTKIT_OK)
		status = store_files_swap(path, aside);
	if (status != IOTKIT_OK)
		store_files_remove_new(path);
	free(salvage);
	free(fresh);
	return status;
}

iotkit_status salvage_read_report(struct store *store, struct store_found *found)
{
	char text[REPORT_SIZE];
	iotkit_status status = store_get_text(store, report_name, text, sizeof text);

	if (status != IOTKIT_OK || text[0] == '\0')
		return status;
	char *at = text;
	found->recovered = strtoull(at, &at, 10);
	found->lost = strtoull(at, &at, 10);
	snprintf(found->aside, sizeof found->aside, "%s", *at == ' ' ? at + 1 : at);
	return IOTKIT_OK;
}

iotkit_status salvage_forget_report(struct store *store)
{
	return table_save_text(store, report_name, "");
}
