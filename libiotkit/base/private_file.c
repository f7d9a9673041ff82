/* SPDX-License-Identifier: MIT */
#include "base/private_file.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"

iotkit_status private_file_read(const struct private_file *file, char **bytes_out, size_t *size_out)
{
	const struct file whole = {.what = file->what,
				   .option = file->option,
				   .path = file->path,
				   .size_max = PRIVATE_FILE_MAX,
				   .refused = S_IRWXG | S_IRWXO};

	return file_read(&whole, bytes_out, size_out);
}

static iotkit_status take_line(const char *name, const char *bytes, size_t bytes_size, char *line,
			       size_t size)
{
	size_t length = strcspn(bytes, "\r\n");

	memset(line, 0, size);
	/* Else the rest of the line would be lost; editors write UTF-16 this way. */
	if (bytes[length] == '\0' && length < bytes_size)
		return error_set(IOTKIT_EINVAL,
				 "the first line of the %s has a NUL byte in it: save it as plain "
				 "text (UTF-8)",
				 name);
	if (length == 0)
		return error_set(IOTKIT_EINVAL, "the first line of the %s is empty", name);
	if (length >= size)
		return error_set(IOTKIT_EINVAL, "the first line of the %s is longer than %zu bytes",
				 name, size - 1);
	memcpy(line, bytes, length);
	return IOTKIT_OK;
}

iotkit_status private_file_read_line(const struct private_file *file, char *line, size_t size)
{
	char name[FILE_NAME_SIZE];
	char *bytes;
	size_t bytes_size;
	iotkit_status status = private_file_read(file, &bytes, &bytes_size);

	if (status != IOTKIT_OK)
		return status;
	file_name(file->what, file->path, file->option, name);
	status = take_line(name, bytes, bytes_size, line, size);
	secret_free(bytes);
	return status;
}
