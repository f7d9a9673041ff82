/* SPDX-License-Identifier: MIT */
#include "outbox/settle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "outbox/table.h"

/* Under this name the database keeps which generation of the journal it lacks. */
static const char generation_name[] = "journal";

/* And under this one what is behind its own name in that which a damaged journal is to have,
 * until it has it. */
static const char aside_name[] = "journal_aside";

enum { GENERATION_SIZE = 24, SUFFIX_SIZE = 64, TRACED_MAX = 1 << 17 };

/* ---- All changes ---- */

iotkit_status settle_for_each(const struct journal *journal,
			      iotkit_status (*take)(void *context, const struct change *change),
			      void *context)
{
	const unsigned char *changes;
	size_t at = 0, size;
	struct change change;
	iotkit_status status = IOTKIT_OK;

	while (status == IOTKIT_OK && journal_next(journal, &at, &changes, &size)) {
		const unsigned char *end = changes + size;
		while (status == IOTKIT_OK && change_read(&changes, end, &change))
			status = take(context, &change);
	}
	return status;
}

/* ---- What came and went ---- */

enum { CAME = 1, CAME_AND_WENT, CAME_AGAIN };

/* Of ids from the first one that came on: they rise almost always by one. Of those for which
 * there is no memory nothing is known, and all is done as it was asked for. */
struct trace {
	struct store *store;
	uint64_t first; /* 0: none has come */
	size_t count;
	size_t capacity;
	unsigned char *fates;
};

static unsigned char *fate_of(const struct trace *trace, uint64_t id)
{
	bool is_traced =
		trace->first != 0 && id >= trace->first && id - trace->first < trace->count;

	return is_traced ? &trace->fates[id - trace->first] : NULL;
}

static void extend_to(struct trace *trace, uint64_t id)
{
	if (trace->first == 0)
		trace->first = id;
	if (id < trace->first || id - trace->first >= TRACED_MAX)
		return;
	size_t count = (size_t)(id - trace->first) + 1;
	if (count > trace->capacity) {
		size_t capacity = count < TRACED_MAX / 2 ? 2 * count : TRACED_MAX;
		unsigned char *fates = realloc(trace->fates, capacity);
		if (fates == NULL)
			return;
		trace->fates = fates;
		trace->capacity = capacity;
	}
	if (count > trace->count) {
		memset(trace->fates + trace->count, 0, count - trace->count);
		trace->count = count;
	}
}

/* Only of an id that the database never had is it known what becomes of it. */
static iotkit_status note_fate(void *context, const struct change *change)
{
	struct trace *trace = context;
	bool comes = change->kind == CHANGE_INSERT;

	if (comes && change->id > trace->store->totals.last_id)
		extend_to(trace, change->id);
	unsigned char *fate = fate_of(trace, change->id);
	if (fate != NULL && comes)
		*fate = *fate == 0 ? CAME : CAME_AGAIN;
	if (fate != NULL && change->kind == CHANGE_REMOVE && *fate == CAME)
		*fate = CAME_AND_WENT;
	return IOTKIT_OK;
}

static bool is_of_message(enum change_kind kind)
{
	return kind == CHANGE_INSERT || kind == CHANGE_REMOVE || kind == CHANGE_SET_FLIGHT ||
	       kind == CHANGE_END_FLIGHT;
}

static iotkit_status apply(void *context, const struct change *change)
{
	const struct trace *trace = context;
	const unsigned char *fate = is_of_message(change->kind) ? fate_of(trace, change->id) : NULL;

	if (fate == NULL || *fate != CAME_AND_WENT)
		return table_apply(trace->store, change);
	if (change->kind == CHANGE_INSERT) {
		uint64_t bytes = change->first.size + change->message.size;
		table_count_in(trace->store, change->id, bytes);
		table_count_out(trace->store, bytes);
	}
	return IOTKIT_OK;
}

/* ---- The transaction ---- */

iotkit_status settle_begin(struct store *store)
{
	struct trace trace = {.store = store};
	iotkit_status status = table_begin(store);

	if (status != IOTKIT_OK)
		return status;
	settle_for_each(&store->journal, note_fate, &trace);
	status = settle_for_each(&store->journal, apply, &trace);
	free(trace.fates);
	return status;
}

static struct change_bytes as_bytes(const char *text)
{
	return (struct change_bytes){.at = text, .size = strlen(text)};
}

static iotkit_status put_generation(struct store *store, uint64_t generation)
{
	char text[GENERATION_SIZE];
	snprintf(text, sizeof text, "%" PRIu64, generation);
	return table_put_text(store, as_bytes(generation_name), as_bytes(text));
}

static iotkit_status commit(struct store *store, uint64_t next_generation)
{
	iotkit_status status = put_generation(store, next_generation);

	if (status == IOTKIT_OK)
		status = table_commit(store);
	if (status == IOTKIT_OK)
		journal_begin_anew(&store->journal, next_generation);
	return status;
}

iotkit_status settle_commit(struct store *store)
{
	return commit(store, store->journal.generation + 1);
}

iotkit_status settle(struct store *store)
{
	if (store->journal.size == 0)
		return IOTKIT_OK;
	iotkit_status status = settle_begin(store);
	if (status == IOTKIT_OK)
		status = settle_commit(store);
	if (status != IOTKIT_OK)
		table_rollback(store);
	return status;
}

/* ---- When it is opened ---- */

iotkit_status settle_read_generation(struct store *store, uint64_t *out)
{
	char text[GENERATION_SIZE];
	iotkit_status status = store_get_text(store, generation_name, text, sizeof text);

	*out = strtoull(text, NULL, 10);
	return status;
}

/* So that no other file's journal fits. */
static uint64_t first_generation(void)
{
	return random_u64() >> 1 | 1;
}

/* A power cut may have taken the database back, and left in the file batches that a lost life
 * wrote since: by chance none of them is of a generation that comes. */
static uint64_t generation_beyond(uint64_t generation)
{
	return generation == 0 ? first_generation() : generation + 1 + (random_u64() >> 32);
}

static iotkit_status settle_leftover(struct store *store)
{
	char aside[STORE_NAME_SIZE];
	iotkit_status status = settle_begin(store);

	if (status == IOTKIT_OK && store->journal.is_holed) {
		store_files_name_aside(store->path, aside);
		status = table_put_text(store, as_bytes(aside_name),
					as_bytes(aside + strlen(store->path)));
	}
	if (status == IOTKIT_OK)
		status = commit(store, generation_beyond(store->journal.generation));
	if (status != IOTKIT_OK)
		table_rollback(store);
	return status;
}

/* What the database says of a salvaged file may be old. */
iotkit_status settle_opened(struct store *store, bool is_salvaged)
{
	sqlite3_vfs *vfs = NULL;
	uint64_t generation;
	iotkit_status status = settle_read_generation(store, &generation);
	bool is_first = generation == 0 && !is_salvaged;

	if (status != IOTKIT_OK)
		return status;
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
	int code = journal_load(&store->journal, vfs, is_first ? first_generation() : generation,
				is_salvaged);
	if (code != SQLITE_OK)
		return store_fail_journal(store, code, "read");
	bool is_due = is_first || is_salvaged || store->journal.was_there;
	return is_due ? settle_leftover(store) : IOTKIT_OK;
}

/* ---- A damaged journal ---- */

/* Else somebody else has made the file, who would have us overwrite anything. */
static bool is_name_of_ours(const char *suffix)
{
	static const char begin[] = ".damaged-";

	return strncmp(suffix, begin, sizeof begin - 1) == 0 && strchr(suffix, '/') == NULL;
}

static iotkit_status give_name(struct store *store, const char *suffix, char *aside, size_t size)
{
	char name[STORE_NAME_SIZE];

	snprintf(name, sizeof name, "%s%s-recent", store->path, suffix);
	snprintf(aside, size, "%s", name);
	return store_files_move_recent(store->path, name);
}

iotkit_status settle_set_aside(struct store *store, char *aside, size_t size)
{
	char suffix[SUFFIX_SIZE];
	iotkit_status status = store_get_text(store, aside_name, suffix, sizeof suffix);

	if (status == IOTKIT_EINVAL) /* longer than any of ours */
		return IOTKIT_OK;
	if (status != IOTKIT_OK || suffix[0] == '\0')
		return status;
	if (is_name_of_ours(suffix))
		status = give_name(store, suffix, aside, size);
	return status == IOTKIT_OK ? table_save_text(store, aside_name, "") : status;
}
