/* SPDX-License-Identifier: MIT
 *
 * Bytes as changes in the journal beside a sound outbox, with a right sum. Promised for any of
 * them: looking into it and opening it end, with the rows that it then says it has; the database
 * is not damaged by them, and takes a message.
 */
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_folder.h"
#include "outbox/settle.h"

enum { MESSAGES = 6, DATABASE_MAX = 1 << 16 };

static char path[64];

/* The sound outbox. */
static uint8_t database[DATABASE_MAX];
static size_t database_size;
static uint64_t generation;

static void add(struct store *store, uint64_t id)
{
	const struct outbox_message message = {
		.id = id, .topic = "t", .payload = "p", .size = 1, .qos = 1};

	promise(store_begin(store) == IOTKIT_OK && store_insert(store, &message) == IOTKIT_OK &&
		store_commit(store) == IOTKIT_OK);
}

/* Messages 1 to MESSAGES without the third, and one in flight. */
static void make_outbox(void)
{
	struct store_found found;
	struct store *store;

	promise(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/outbox", folder);
	promise(store_open(path, STORE_SYNC_PROCESS, &store, &found) == IOTKIT_OK);
	for (uint64_t id = 1; id <= MESSAGES; id++)
		add(store, id);
	promise(store_begin(store) == IOTKIT_OK && store_remove(store, 3, 2) == IOTKIT_OK &&
		store_set_flight(store, 2, 7, false) == IOTKIT_OK &&
		store_commit(store) == IOTKIT_OK && store_settle(store) == IOTKIT_OK);
	promise(settle_read_generation(store, &generation) == IOTKIT_OK);
	store_close(store);
	FILE *file = fopen(path, "rb");
	promise(file != NULL);
	database_size = fread(database, 1, sizeof database, file);
	promise(database_size > 0 && database_size < sizeof database && fclose(file) == 0);
}

static void write_journal(const uint8_t *data, size_t size)
{
	struct journal journal = {.vfs = sqlite3_vfs_find(NULL), .generation = generation};

	journal_init(&journal, path);
	promise(journal_begin(&journal) == IOTKIT_OK &&
		buffer_append(&journal.bytes, data, size) == IOTKIT_OK &&
		journal_commit(&journal, false) == SQLITE_OK);
	journal_close(&journal, false);
}

struct seen {
	uint64_t last_id;
	uint64_t rows;
};

static bool take(void *context, const struct outbox_message *message)
{
	struct seen *seen = context;

	promise(message->topic != NULL && message->id > seen->last_id);
	seen->last_id = message->id;
	seen->rows++;
	return true;
}

static bool has_damaged(void)
{
	char pattern[96];
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s.damaged-*", path);
	bool is_there = glob(pattern, 0, NULL, &found) == 0;
	globfree(&found);
	return is_there;
}

static uint64_t open_and_use(uint64_t rows)
{
	struct store_found found;
	struct store *store;
	struct seen seen = {0};

	promise(store_open(path, STORE_SYNC_PROCESS, &store, &found) == IOTKIT_OK);
	promise(!has_damaged() && found.rows == rows);
	promise(store_read(store, 1, UINT64_MAX, take, &seen) == IOTKIT_OK);
	promise(seen.rows == rows && seen.last_id <= found.last_id);
	if (found.last_id < INT64_MAX - 1) {
		add(store, found.last_id + 1);
		rows++;
	}
	store_close(store);
	return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};

	if (path[0] == '\0')
		make_outbox();
	clean_up();
	if (size > JOURNAL_BATCH_MAX / 2)
		return 0;
	write_file(path, database, database_size);
	write_journal(data, size);
	promise(iotkit_outbox_summarize(path, &summary) == IOTKIT_OK);
	open_and_use(open_and_use(summary.rows));
	clean_up();
	return 0;
}
