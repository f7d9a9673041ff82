/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "outbox/settle.h"

/* What is read is the database, with all that was committed. */
static iotkit_status prepare_to_read(struct store *store)
{
	iotkit_status status = store_check_open(store, "read");

	return status == IOTKIT_OK ? settle(store) : status;
}

static uint64_t number_at(sqlite3_stmt *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row, column);
}

/* NULL, too, for one that has no bytes. */
static const void *bytes_at(sqlite3_stmt *row, int column, size_t *size, bool *short_of_memory)
{
	const void *bytes = sqlite3_column_blob(row, column);

	*size = (size_t)sqlite3_column_bytes(row, column);
	if (bytes == NULL && sqlite3_errcode(sqlite3_db_handle(row)) == SQLITE_NOMEM)
		*short_of_memory = true;
	return bytes;
}

bool store_decode(sqlite3_stmt *row, struct store_row *out, bool *short_of_memory)
{
	struct outbox_message *message = &out->message;
	int64_t sum = sqlite3_column_int64(row, 6);

	*short_of_memory = false;
	message->id = number_at(row, 0);
	message->time_ms = sqlite3_column_int64(row, 1);
	message->expires_ms = sqlite3_column_int64(row, 2);
	message->qos = sqlite3_column_int(row, 3);
	message->retain = sqlite3_column_int(row, 4);
	out->total = number_at(row, 5);
	/* With a NUL behind, which _blob() alone would not give. */
	message->topic = (const char *)sqlite3_column_text(row, 7);
	out->topic_size = (size_t)sqlite3_column_bytes(row, 7);
	if (message->topic == NULL)
		message->topic = bytes_at(row, 7, &out->topic_size, short_of_memory);
	message->payload = bytes_at(row, 8, &message->size, short_of_memory);
	message->epoch = number_at(row, 9);
	message->seq = number_at(row, 10);
	if (message->payload == NULL)
		message->payload = "";
	return message->topic != NULL && !*short_of_memory && sum == store_sum_message(out);
}

struct reader {
	bool (*take)(void *context, const struct outbox_message *message);
	void *context;
	uint64_t last_id;
	bool go_on;
};

/* Of a damaged row the id may be what is wrong. Whoever removes it must not hit another
 * message, as one that stands where this id belongs. */
static iotkit_status check_id(struct store *store, uint64_t id)
{
	char text[120];
	int64_t sum = sqlite3_column_int64(store->sql[SQL_READ], 6), is_there;

	sqlite3_snprintf(sizeof text, text,
			 "SELECT count(*) FROM message WHERE id=%lld AND sum=%lld", (int64_t)id,
			 sum);
	iotkit_status status = store_number(store, text, &is_there, "read");
	if (status == IOTKIT_OK && is_there == 0)
		return store_fail_corrupt(store, "its messages are out of order");
	return status;
}

static iotkit_status give(struct store *store, struct reader *reader)
{
	struct store_row row;
	bool short_of_memory;
	iotkit_status status = IOTKIT_OK;

	bool is_sound = store_decode(store->sql[SQL_READ], &row, &short_of_memory);
	if (short_of_memory) {
		store->fault = STORE_TROUBLE;
		return error_set_no_memory();
	}
	if (row.message.id <= reader->last_id)
		return store_fail_corrupt(store, "its messages are out of order");
	reader->last_id = row.message.id;
	if (!is_sound)
		status = check_id(store, row.message.id);
	if (status != IOTKIT_OK)
		return status;
	if (!is_sound) {
		row.message.size += row.topic_size;
		row.message.topic = NULL;
		row.message.payload = NULL;
	}
	reader->go_on = reader->take(reader->context, &row.message);
	return IOTKIT_OK;
}

static int64_t as_limit(uint64_t id)
{
	return id > INT64_MAX ? INT64_MAX : (int64_t)id;
}

iotkit_status store_read(struct store *store, uint64_t from, uint64_t end,
			 bool (*take)(void *context, const struct outbox_message *message),
			 void *context)
{
	struct reader reader = {.take = take, .context = context, .go_on = true};
	iotkit_status status = prepare_to_read(store);
	bool row;

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_int64(store->sql[SQL_READ], 1, as_limit(from));
	sqlite3_bind_int64(store->sql[SQL_READ], 2, as_limit(end));
	do {
		status = store_step(store, SQL_READ, &row, "read");
		if (status == IOTKIT_OK && row)
			status = give(store, &reader);
	} while (status == IOTKIT_OK && row && reader.go_on);
	store_reset(store, SQL_READ);
	return status;
}

iotkit_status store_read_flights(struct store *store,
				 void (*take)(void *context, uint64_t id, uint16_t packet_id,
					      bool released),
				 void *context)
{
	sqlite3_stmt *read = store->sql[SQL_READ_FLIGHTS];
	iotkit_status status = prepare_to_read(store);
	bool row = true;

	while (status == IOTKIT_OK && row) {
		status = store_step(store, SQL_READ_FLIGHTS, &row, "read");
		if (status != IOTKIT_OK || !row)
			break;
		uint64_t id = number_at(read, 0);
		uint16_t packet_id = (uint16_t)sqlite3_column_int(read, 1);
		bool released = sqlite3_column_int(read, 2) != 0;
		if (sqlite3_column_int64(read, 3) == store_sum_flight(id, packet_id, released))
			take(context, id, packet_id, released);
		else
			status = store_fail_corrupt(store, "a check sum is wrong");
	}
	if (store->db != NULL)
		store_reset(store, SQL_READ_FLIGHTS);
	return status;
}

static iotkit_status give_received(struct store *store,
				   void (*take)(void *context, uint16_t packet_id,
						const void *packet, size_t size),
				   void *context)
{
	sqlite3_stmt *read = store->sql[SQL_READ_RECEIVED];
	uint16_t packet_id = (uint16_t)sqlite3_column_int(read, 0);
	bool short_of_memory = false;
	size_t size;
	const void *packet = bytes_at(read, 2, &size, &short_of_memory);

	if (short_of_memory) {
		store->fault = STORE_TROUBLE;
		return error_set_no_memory();
	}
	if (sqlite3_column_int64(read, 1) != store_sum_received(packet_id, packet, size))
		return store_fail_corrupt(store, "a check sum is wrong");
	take(context, packet_id, packet, size);
	return IOTKIT_OK;
}

iotkit_status store_read_received(struct store *store,
				  void (*take)(void *context, uint16_t packet_id,
					       const void *packet, size_t size),
				  void *context)
{
	iotkit_status status = prepare_to_read(store);
	bool row = true;

	while (status == IOTKIT_OK && row) {
		status = store_step(store, SQL_READ_RECEIVED, &row, "read");
		if (status == IOTKIT_OK && row)
			status = give_received(store, take, context);
	}
	if (store->db != NULL)
		store_reset(store, SQL_READ_RECEIVED);
	return status;
}

static iotkit_status copy_text(struct store *store, const char *name, char *text, size_t size)
{
	char path[FILE_PATH_SIZE];
	sqlite3_stmt *get = store->sql[SQL_GET_TEXT];
	const char *value = (const char *)sqlite3_column_text(get, 0);
	size_t length = (size_t)sqlite3_column_bytes(get, 0);

	if (value == NULL ||
	    sqlite3_column_int64(get, 1) != store_sum_text(name, strlen(name), value, length))
		return store_fail_corrupt(store, "a check sum is wrong");
	if (length >= size)
		return error_set(IOTKIT_EINVAL, "'%s' of the outbox %s has more than %zu bytes",
				 name, file_path(store->path, path), size - 1);
	memcpy(text, value, length + 1);
	return IOTKIT_OK;
}

iotkit_status store_get_text(struct store *store, const char *name, char *text, size_t size)
{
	iotkit_status status = prepare_to_read(store);
	bool row;

	text[0] = '\0';
	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_text(store->sql[SQL_GET_TEXT], 1, name, -1, SQLITE_STATIC);
	status = store_step(store, SQL_GET_TEXT, &row, "read");
	if (status == IOTKIT_OK && row)
		status = copy_text(store, name, text, size);
	store_reset(store, SQL_GET_TEXT);
	return status;
}

static iotkit_status give_text(struct store *store, const char *prefix, bool *go_on,
			       void (*take)(void *context, const char *name, const char *text),
			       void *context)
{
	sqlite3_stmt *read = store->sql[SQL_READ_TEXTS];
	const char *text = (const char *)sqlite3_column_text(read, 0);
	size_t text_size = (size_t)sqlite3_column_bytes(read, 0);
	const char *name = (const char *)sqlite3_column_text(read, 2);
	size_t name_size = (size_t)sqlite3_column_bytes(read, 2);

	if (sqlite3_errcode(store->db) == SQLITE_NOMEM) {
		store->fault = STORE_TROUBLE;
		return error_set_no_memory();
	}
	*go_on = name != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
	if (!*go_on)
		return IOTKIT_OK;
	if (text == NULL ||
	    sqlite3_column_int64(read, 1) != store_sum_text(name, name_size, text, text_size))
		return store_fail_corrupt(store, "a check sum is wrong");
	take(context, name, text);
	return IOTKIT_OK;
}

iotkit_status store_read_texts(struct store *store, const char *prefix,
			       void (*take)(void *context, const char *name, const char *text),
			       void *context)
{
	iotkit_status status = prepare_to_read(store);
	bool go_on = true;

	if (status != IOTKIT_OK)
		return status;
	sqlite3_bind_text(store->sql[SQL_READ_TEXTS], 1, prefix, -1, SQLITE_STATIC);
	while (status == IOTKIT_OK && go_on) {
		status = store_step(store, SQL_READ_TEXTS, &go_on, "read");
		if (status == IOTKIT_OK && go_on)
			status = give_text(store, prefix, &go_on, take, context);
	}
	store_reset(store, SQL_READ_TEXTS);
	return status;
}

/* ---- Totals ---- */

static iotkit_status read_totals(struct store *store)
{
	sqlite3_stmt *get = store->sql[SQL_GET_TOTALS];
	struct store_totals *totals = &store->totals;
	bool row;
	iotkit_status status = store_step(store, SQL_GET_TOTALS, &row, "read");

	*totals = (struct store_totals){0};
	if (status == IOTKIT_OK && row) {
		totals->last_id = number_at(get, 0);
		totals->accepted_bytes = number_at(get, 1);
		totals->removed_rows = number_at(get, 2);
		totals->removed_bytes = number_at(get, 3);
		if (sqlite3_column_int64(get, 4) != store_sum_totals(totals))
			status = store_fail_corrupt(store, "a check sum is wrong");
	}
	store_reset(store, SQL_GET_TOTALS);
	store->in_file = *totals;
	return status;
}

/* *last_id is 0 when there is no row. */
static iotkit_status read_last_row(struct store *store, uint64_t *last_id)
{
	struct store_totals *totals = &store->totals;
	struct store_row last;
	bool row, short_of_memory;
	iotkit_status status = store_step(store, SQL_LAST_ROW, &row, "read");

	*last_id = 0;
	if (status == IOTKIT_OK && row) {
		if (!store_decode(store->sql[SQL_LAST_ROW], &last, &short_of_memory))
			status = short_of_memory
					 ? error_set_no_memory()
					 : store_fail_corrupt(store, "a check sum is wrong");
		*last_id = last.message.id;
	}
	if (status == IOTKIT_OK && *last_id > totals->last_id) {
		totals->last_id = *last_id;
		totals->accepted_bytes = last.total;
	}
	store_reset(store, SQL_LAST_ROW);
	return status;
}

iotkit_status store_load_totals(struct store *store)
{
	sqlite3_stmt *first = store->sql[SQL_FIRST_ID];
	uint64_t last_id, first_id = 0;
	bool row;
	iotkit_status status = read_totals(store);

	if (status == IOTKIT_OK)
		status = read_last_row(store, &last_id);
	if (status == IOTKIT_OK)
		status = store_step(store, SQL_FIRST_ID, &row, "read");
	if (status != IOTKIT_OK)
		return status;
	if (row)
		first_id = number_at(first, 0);
	store_reset(store, SQL_FIRST_ID);
	store->committed = store->totals;
	/* Counting all would take long; what cannot be is seen without. */
	uint64_t rows = store->totals.last_id - store->totals.removed_rows;
	uint64_t rows_max = row ? last_id - first_id + 1 : 0;
	if (rows > rows_max || (row && rows == 0))
		return store_fail_corrupt(store, "messages are missing");
	return IOTKIT_OK;
}
