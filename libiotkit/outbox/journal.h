/* SPDX-License-Identifier: MIT
 *
 * FILE-recent: the latest changes of an outbox, in the order in which they came. A batch of
 * them is one write, which costs a twentieth of what a transaction of the database does. What
 * is in the journal is brought into the database from time to time, all at once; then the
 * journal begins anew, and of what came and went in between the database never hears.
 *
 *     batch: size of what follows (8) | generation (8) | number in it, from 1 (8) | sum (8) |
 * changes
 *
 * The database tells which generation it lacks; batches of others are old, and of none what
 * comes behind one that is not whole. That is how the last one ends when the process is killed;
 * when others follow, the disk has lost it.
 *
 * It is written by way of SQLite's VFS, as the database is. Functions that return int
 * return SQLite's codes.
 */
#ifndef IOTKIT_OUTBOX_JOURNAL_H
#define IOTKIT_OUTBOX_JOURNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "outbox/store_files.h"

enum {
	JOURNAL_BYTES_MAX = 1 << 20, /* in the file, and once more in memory */
	JOURNAL_BATCH_MAX = 1 << 18
};

struct journal {
	char path[STORE_NAME_SIZE];
	sqlite3_vfs *vfs;
	sqlite3_file *file; /* NULL: not open */
	bool was_there; /* a file, when it was taken up */
	bool is_holed; /* and that had batches behind one that was not whole */
	uint64_t generation;
	uint64_t batches; /* in it */
	size_t size; /* of them */
	size_t written; /* of that; less when the file is to be made again */
	struct buffer bytes; /* they, and then the batch that is being made */
};

/* path: of the database. */
void journal_init(struct journal *journal, const char *path);
/* remove: nothing in it is of worth. */
void journal_close(struct journal *journal, bool remove);

bool journal_is_there(const struct journal *journal); /* its file */

/* Takes up what the file has of this generation, or of a later one. Without a file that is
 * nothing. Where it was taken up before it stays as it is. */
int journal_load(struct journal *journal, sqlite3_vfs *vfs, uint64_t generation, bool or_later);

/* The generation that the file begins with now; 0: none. */
int journal_peek(struct journal *journal, uint64_t *generation);

/* A batch is made of what is appended to journal->bytes after the first. */
iotkit_status journal_begin(struct journal *journal);
bool journal_has_room(const struct journal *journal); /* for the batch as it is now */
int journal_commit(struct journal *journal, bool power); /* power: waits for the disk */
void journal_drop(struct journal *journal); /* the batch */

/* The database has all; what follows is of this generation. */
void journal_begin_anew(struct journal *journal, uint64_t generation);

/* Whether the file is still there, and whole; else the next batch makes it again. */
void journal_check_place(struct journal *journal);

/* Goes over all changes, those of the batch that is being made come last. *at begins as 0.
 * Gives the bytes of one batch; false after the last. */
bool journal_next(const struct journal *journal, size_t *at, const unsigned char **changes,
		  size_t *size);

#endif
