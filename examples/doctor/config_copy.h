/* SPDX-License-Identifier: MIT
 *
 * A configuration file for the library to read that opens no port and no outbox, since
 * another process may have them. Line numbers stay what they are.
 */
#ifndef EXAMPLES_DOCTOR_CONFIG_COPY_H
#define EXAMPLES_DOCTOR_CONFIG_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "doctor/doctor.h"

enum { CONFIG_COPY_PATH_SIZE = 64 };

struct config_copy {
	FILE *file; /* in memory alone */
	char path[CONFIG_COPY_PATH_SIZE]; /* by which this process can open it */
};

/* Makes a copy with sections of boards whose ports exist nowhere, so that the library judges all
 * but their URIs; or one without these sections, of which what was left out is noted in the
 * doctor. False with errno set when the file cannot be read. */
bool config_copy_to_judge(const char *path, struct config_copy *copy);
bool config_copy_to_use(struct doctor *doctor, struct config_copy *copy);

/* A copy of any file; false when there is none. */
bool config_copy_file(const char *path, struct config_copy *copy);

void config_copy_close(struct config_copy *copy);

/* A text in which the copy's path, and those relative to it, are the original's; as it
 * is when there is no copy. The caller frees it. */
char *config_copy_restore(const struct config_copy *copy, const char *original, const char *text);

/* Takes outbox.path out of the query of a broker's URI. The caller frees its value; NULL when
 * it is not there. */
char *config_cut_outbox(char *uri);

/* `path` as seen from the folder of `file`. The caller frees it. */
char *config_path_beside(const char *file, const char *path);

#endif
