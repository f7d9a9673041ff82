/* SPDX-License-Identifier: MIT
 *
 * Files with secrets in them: read only when they are this user's, or root's, and
 * nobody else can read them.
 */
#ifndef IOTKIT_BASE_PRIVATE_FILE_H
#define IOTKIT_BASE_PRIVATE_FILE_H

#include <stddef.h>

#include "iotkit.h"

enum { PRIVATE_FILE_MAX = 262144 };

/* What a file is called in sentences, and which option names it. */
struct private_file {
	const char *what; /* as "password file" */
	const char *option; /* as "mqtt.password_file" */
	const char *path;
};

/* The whole file, with a NUL behind it; free it with secret_free(). Fails with
 * IOTKIT_EINVAL, whose sentence has the chmod or chown to run, when others can. */
iotkit_status private_file_read(const struct private_file *file, char **bytes_out,
				size_t *size_out);

/* Its first line alone, as a NUL-ended text that is not empty; the rest of the
 * buffer is zero. */
iotkit_status private_file_read_line(const struct private_file *file, char *line, size_t size);

/* Opens one to write secrets to, made with mode 0600 if there is none. Mode is O_WRONLY or
 * O_RDWR, perhaps with O_APPEND; contents is what goes into it, as "keys". Fails when it cannot be
 * opened, is a symbolic link or no plain file, or when others can read it. */
iotkit_status private_file_open(const struct private_file *file, const char *contents, int mode,
				int *fd_out);

#endif
