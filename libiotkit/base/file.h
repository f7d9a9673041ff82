/* SPDX-License-Identifier: MIT
 *
 * Whole files that options name. What is wrong with one is told with its name,
 * the option's and the mend.
 */
#ifndef IOTKIT_BASE_FILE_H
#define IOTKIT_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "iotkit.h"

struct file {
	const char *what; /* as "CA file" */
	const char *option; /* as "tls.ca_file"; "": none */
	const char *path;
	size_t size_max;
	mode_t refused; /* permissions that it must not have */
};

/* The file's bytes, with a NUL behind, in secret memory for secret_free(). Fails
 * with IOTKIT_ENOENT when it is missing, IOTKIT_ESYSTEM when it cannot be read, and
 * IOTKIT_EINVAL when it is none, empty, too large or open to others. */
iotkit_status file_read(const struct file *file, char **bytes_out, size_t *size_out);

/* "CA file /etc/ca.crt (tls.ca_file)", for sentences */
enum { FILE_NAME_SIZE = 256 };
void file_name(const char *what, const char *path, const char *option, char text[FILE_NAME_SIZE]);

#endif
