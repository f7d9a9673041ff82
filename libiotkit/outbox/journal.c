/* SPDX-License-Identifier: MIT */
#include "outbox/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox/change.h"
#include "outbox/little_endian.h"

enum { GENERATION_AT = 8, NUMBER_AT = 16, SUM_AT = 24, HEAD_SIZE = 32 };

/* SQLite's files take no more than 128 KiB at once. */
enum { PIECE = 64 * 1024 };

/* FNV-1a over words instead of bytes: any change of one word changes the sum. */
static uint64_t add_words(uint64_t sum, const unsigned char *bytes, size_t size)
{
	static const uint64_t prime = 0x100000001b3u;

	for (; size >= 8; size -= 8, bytes += 8)
		sum = (sum ^ get_u64(bytes)) * prime;
	for (; size > 0; size--, bytes++)
		sum = (sum ^ *bytes) * prime;
	return sum ^ sum >> 32;
}

static uint64_t sum_of(const unsigned char *batch, size_t size)
{
	static const uint64_t start = 0xcbf29ce484222325u;

	return add_words(add_words(start, batch, SUM_AT), batch + HEAD_SIZE, size);
}

/* ---- The file ---- */

void journal_init(struct journal *journal, const char *path)
{
	store_files_name(path, "-recent", journal->path);
	/* What is in the file, and a batch that will not be. */
	buffer_init(&journal->bytes, JOURNAL_BYTES_MAX + JOURNAL_BATCH_MAX);
}

static void close_file(struct journal *journal)
{
	if (journal->file != NULL && journal->file->pMethods != NULL)
		journal->file->pMethods->xClose(journal->file);
	free(journal->file);
	journal->file = NULL;
	journal->written = 0;
}

bool journal_is_there(const struct journal *journal)
{
	return access(journal->path, F_OK) == 0;
}

void journal_close(struct journal *journal, bool remove)
{
	close_file(journal);
	if (remove && journal->vfs != NULL && journal_is_there(journal))
		journal->vfs->xDelete(journal->vfs, journal->path, 0);
	buffer_free(&journal->bytes);
}

/* As a log of SQLite's: then it is for who the database is for, and its name is safe
 * with its first sync. */
static int open_file(struct journal *journal, int how)
{
	sqlite3_vfs *vfs = journal->vfs;
	int flags = how | SQLITE_OPEN_WAL;

	journal->file = calloc(1, (size_t)vfs->szOsFile);
	if (journal->file == NULL)
		return SQLITE_NOMEM;
	int code = vfs->xOpen(vfs, journal->path, journal->file, flags, &flags);
	if (code != SQLITE_OK)
		close_file(journal);
	return code;
}

/* ---- Reading it ---- */

/* Whoever has it may remove it meanwhile. */
static int open_to_read(struct journal *journal, bool *is_there)
{
	int code = SQLITE_OK;

	*is_there = journal_is_there(journal);
	if (*is_there)
		code = open_file(journal, SQLITE_OPEN_READONLY);
	if (code == SQLITE_OK)
		return SQLITE_OK;
	*is_there = journal_is_there(journal);
	return *is_there ? code : SQLITE_OK;
}

/* The size of the whole batch that begins there; 0: it is not whole, or not of this generation. */
static size_t whole_batch(const struct journal *journal, const unsigned char *batch, size_t left)
{
	uint64_t size = left < HEAD_SIZE ? 0 : get_u64(batch);

	if (size == 0 || size > left - HEAD_SIZE)
		return 0;
	bool is_next = get_u64(batch + GENERATION_AT) == journal->generation &&
		       get_u64(batch + NUMBER_AT) == journal->batches + 1 &&
		       get_u64(batch + SUM_AT) == sum_of(batch, (size_t)size) &&
		       change_all_are_sound(batch + HEAD_SIZE, batch + HEAD_SIZE + size);
	return is_next ? HEAD_SIZE + (size_t)size : 0;
}

/* Whether a later batch was begun there or behind. */
static bool goes_on(const struct journal *journal, const unsigned char *bytes, size_t left)
{
	for (; left >= HEAD_SIZE; bytes++, left--) {
		uint64_t number = get_u64(bytes + NUMBER_AT);
		if (get_u64(bytes + GENERATION_AT) == journal->generation &&
		    number > journal->batches + 1 && number - journal->batches < JOURNAL_BYTES_MAX)
			return true;
	}
	return false;
}

/* To that of the first batch, when it is whole. */
static void go_to_later(struct journal *journal, const unsigned char *bytes, size_t left)
{
	uint64_t known = journal->generation;

	if (left >= HEAD_SIZE && get_u64(bytes + GENERATION_AT) > known)
		journal->generation = get_u64(bytes + GENERATION_AT);
	if (whole_batch(journal, bytes, left) == 0)
		journal->generation = known;
}

static void take_up(struct journal *journal, bool or_later)
{
	const unsigned char *bytes = (const unsigned char *)journal->bytes.bytes;
	size_t left = journal->bytes.size, size;

	if (or_later)
		go_to_later(journal, bytes, left);
	while ((size = whole_batch(journal, bytes, left)) > 0) {
		journal->batches++;
		journal->size += size;
		bytes += size;
		left -= size;
	}
	journal->bytes.size = journal->size;
	journal->is_holed = goes_on(journal, bytes, left);
}

static int read_file(struct journal *journal)
{
	const sqlite3_io_methods *methods = journal->file->pMethods;
	sqlite3_int64 size = 0;
	char *room;
	int code = methods->xFileSize(journal->file, &size);

	if (size > JOURNAL_BYTES_MAX)
		size = JOURNAL_BYTES_MAX;
	for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += PIECE) {
		int piece = size - at < PIECE ? (int)(size - at) : PIECE;
		if (buffer_extend(&journal->bytes, (size_t)piece, &room) != IOTKIT_OK)
			return SQLITE_NOMEM;
		code = methods->xRead(journal->file, room, piece, at);
	}
	return code;
}

int journal_load(struct journal *journal, sqlite3_vfs *vfs, uint64_t generation, bool or_later)
{
	if (journal->vfs != NULL)
		return SQLITE_OK;
	journal->vfs = vfs;
	journal->generation = generation;
	int code = open_to_read(journal, &journal->was_there);
	if (code != SQLITE_OK || !journal->was_there)
		return code;
	code = read_file(journal);
	close_file(journal);
	if (code == SQLITE_OK)
		take_up(journal, or_later);
	return code;
}

int journal_peek(struct journal *journal, uint64_t *generation)
{
	unsigned char head[HEAD_SIZE];
	bool is_there;

	*generation = 0;
	int code = open_to_read(journal, &is_there);
	if (code != SQLITE_OK || !is_there)
		return code;
	code = journal->file->pMethods->xRead(journal->file, head, HEAD_SIZE, 0);
	close_file(journal);
	if (code == SQLITE_OK)
		*generation = get_u64(head + GENERATION_AT);
	return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
}

/* ---- Writing it ---- */

iotkit_status journal_begin(struct journal *journal)
{
	char *head;

	journal_drop(journal);
	return buffer_extend(&journal->bytes, HEAD_SIZE, &head);
}

static size_t batch_size(const struct journal *journal)
{
	return journal->bytes.size - journal->size;
}

bool journal_has_room(const struct journal *journal)
{
	return journal->bytes.size <= JOURNAL_BYTES_MAX && batch_size(journal) <= JOURNAL_BATCH_MAX;
}

static int write_file(struct journal *journal)
{
	const sqlite3_io_methods *methods = journal->file->pMethods;
	size_t size = journal->bytes.size;
	int code = SQLITE_OK;

	for (size_t at = journal->written; code == SQLITE_OK && at < size; at += PIECE) {
		int piece = size - at < PIECE ? (int)(size - at) : PIECE;
		code = methods->xWrite(journal->file, journal->bytes.bytes + at, piece,
				       (sqlite3_int64)at);
	}
	return code;
}

int journal_commit(struct journal *journal, bool power)
{
	unsigned char *batch = (unsigned char *)journal->bytes.bytes + journal->size;
	size_t size = batch_size(journal);

	if (size <= HEAD_SIZE) {
		journal_drop(journal);
		return SQLITE_OK;
	}
	int code = journal->file == NULL
			   ? open_file(journal, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
			   : SQLITE_OK;
	if (code != SQLITE_OK)
		return code;
	put_u64(batch, size - HEAD_SIZE);
	put_u64(batch + GENERATION_AT, journal->generation);
	put_u64(batch + NUMBER_AT, journal->batches + 1);
	put_u64(batch + SUM_AT, sum_of(batch, size - HEAD_SIZE));
	sqlite3_file *file = journal->file;
	code = write_file(journal);
	if (code == SQLITE_OK && power)
		code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
	if (code != SQLITE_OK)
		return code;
	journal->batches++;
	journal->written = journal->size += size;
	return SQLITE_OK;
}

void journal_drop(struct journal *journal)
{
	journal->bytes.size = journal->size;
}

void journal_begin_anew(struct journal *journal, uint64_t generation)
{
	journal->is_holed = false;
	journal->generation = generation;
	journal->batches = 0;
	journal->size = journal->written = 0;
	buffer_free(&journal->bytes);
}

void journal_check_place(struct journal *journal)
{
	sqlite3_file *file = journal->file;
	sqlite3_int64 size = 0;

	if (file == NULL)
		return;
	if (!journal_is_there(journal) || (file->pMethods->xFileSize(file, &size) == SQLITE_OK &&
					   size < (sqlite3_int64)journal->written))
		close_file(journal);
}

bool journal_next(const struct journal *journal, size_t *at, const unsigned char **changes,
		  size_t *size)
{
	if (*at + HEAD_SIZE >= journal->bytes.size)
		return false;
	const unsigned char *batch = (const unsigned char *)journal->bytes.bytes + *at;
	*changes = batch + HEAD_SIZE;
	*size = *at < journal->size ? (size_t)get_u64(batch)
				    : journal->bytes.size - *at - HEAD_SIZE;
	*at += HEAD_SIZE + *size;
	return true;
}
