/* SPDX-License-Identifier: MIT
 *
 * The files of an outbox, from the outside:
 *
 *     FILE, FILE-wal, FILE-shm  the database as SQLite has it
 *     FILE-recent               see journal.h
 *     FILE-lock                 see lock_file.h
 *     FILE-new                  being made; of no worth before it is finished
 *     FILE-salvaged             finished, on its way to become FILE
 *     FILE.damaged-...          set aside; a damaged journal as FILE.damaged-...-recent
 */
#ifndef IOTKIT_OUTBOX_STORE_FILES_H
#define IOTKIT_OUTBOX_STORE_FILES_H

#include <limits.h>
#include <stdbool.h>

#include "iotkit.h"

enum { STORE_NAME_SIZE = PATH_MAX + 48 };

/* What is at a path, by its first bytes. */
enum store_file {
	STORE_FILE_NONE, /* or empty */
	STORE_FILE_OUTBOX, /* sound or damaged */
	STORE_FILE_DAMAGED, /* an outbox in which SQLite would see something else */
	STORE_FILE_LOG /* empty, but there is a log of what it was */
};

void store_files_name(const char *path, const char *suffix, char name[STORE_NAME_SIZE]);

/* The file's own path where it is a link, absolute; there need be none. */
iotkit_status store_files_resolve(const char *path, char resolved[PATH_MAX]);

/* IOTKIT_EINVAL when it is something else. */
iotkit_status store_files_judge(const char *path, enum store_file *kind);

/* An empty FILE-new for this user alone, whatever was there before. */
iotkit_status store_files_make_new(const char *path);
void store_files_remove_new(const char *path);

/* FILE-new, which nobody has open, becomes FILE at once and for good. */
iotkit_status store_files_adopt_new(const char *path);

/* A name for setting FILE aside that is not taken. */
void store_files_name_aside(const char *path, char name[STORE_NAME_SIZE]);

/* FILE-new becomes FILE, and what was FILE gets the other name. A crash in between
 * leaves either the damaged file in its place, or all that store_files_settle() needs. */
iotkit_status store_files_swap(const char *path, const char *aside);

/* FILE-recent gets the other name, if it is there. */
iotkit_status store_files_move_recent(const char *path, const char *aside);

/* Ends what such a crash has left. */
iotkit_status store_files_settle(const char *path);

#endif
