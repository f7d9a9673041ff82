/* SPDX-License-Identifier: MIT
 *
 * Files written whole, so that a reader never sees half of one.
 */
#ifndef IOTKIT_BASE_NEW_FILE_H
#define IOTKIT_BASE_NEW_FILE_H

#include <stdbool.h>

#include "iotkit.h"

struct new_file {
	const char *what; /* for sentences, as "key" */
	const char *path;
	const char *text;
	bool secret; /* only the owner may read it */
	bool replace; /* else it must not exist */
};

iotkit_status new_file_write(const struct new_file *file);

/* Takes back what was written, when the work as a whole has failed. */
void new_file_remove(const char *path);

/* Fails with IOTKIT_EEXIST if there is anything of this name. */
iotkit_status new_file_check_absent(const char *path, const char *what);

#endif
