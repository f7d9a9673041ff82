/* SPDX-License-Identifier: MIT
 *
 * That an outbox's file belongs to one handle of one process at a time: a lock on
 * FILE-lock, which the system lifts when the process ends, however it ends.
 */
#ifndef IOTKIT_OUTBOX_LOCK_FILE_H
#define IOTKIT_OUTBOX_LOCK_FILE_H

#include <stdbool.h>

#include "iotkit.h"

/* Fails with IOTKIT_EBUSY, and says who has it. */
iotkit_status lock_file_take(const char *path, int *fd_out);

/* The lock file stays. Were it removed, one who opened it just before could lock the
 * removed file while the next makes and locks a new one. */
void lock_file_release(int fd); /* -1 is fine */

/* Whether the file has ever been locked. */
bool lock_file_exists(const char *path);

#endif
