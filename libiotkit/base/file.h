/* SPDX-License-Identifier: MIT
 *
 * Whole files that options name. What is wrong with one is told with its name,
 * the option's and the mend.
 */
#ifndef IOTKIT_BASE_FILE_H
#define IOTKIT_BASE_FILE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "iotkit.h"

struct file {
	const char *what; /* as "CA file" */
	const char *option; /* as "tls.ca_file"; "": none */
	const char *path;
	size_t size_max;
	mode_t refused; /* permissions that it must not have; 0: it has no secrets */
};

/* The file's bytes, with a NUL behind, in secret memory for secret_free(). Fails
 * with IOTKIT_ENOENT when it is missing, IOTKIT_ESYSTEM when it cannot be read, and
 * IOTKIT_EINVAL when it is none, empty, too large, open to others or another user's. */
iotkit_status file_read(const struct file *file, char **bytes_out, size_t *size_out);

/* Of what fstat() has told of a file with secrets: IOTKIT_EINVAL, whose sentence has
 * the command to run, when it belongs to a user who is neither this one nor root, or
 * has one of these permissions. The name is that of file_name(). */
iotkit_status file_check_private(const struct stat *status, mode_t refused, const char *name,
				 const char *path);

/* A path for sentences, which have more to tell: of a long one only both its ends,
 * with "..." between. Returns the text. */
enum { FILE_PATH_SIZE = 120 };
const char *file_path(const char *path, char text[FILE_PATH_SIZE]);

/* "CA file /etc/ca.crt (tls.ca_file)", for sentences */
enum { FILE_NAME_SIZE = 256 };
void file_name(const char *what, const char *path, const char *option, char text[FILE_NAME_SIZE]);

#endif
