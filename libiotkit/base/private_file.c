/* SPDX-License-Identifier: MIT */
#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static iotkit_status refuse_kind(const char *name)
{
	return error_set(IOTKIT_EINVAL,
			 "the %s is not a file: name one, or a path where there is nothing yet",
			 name);
}

static iotkit_status explain_open(int cause, const char *name, const char *contents)
{
	if (cause == ELOOP)
		return error_set(IOTKIT_EINVAL,
				 "the %s is a symbolic link, which could lead the %s to where "
				 "others read them: name the file itself",
				 name, contents);
	/* What a FIFO that nobody reads answers. */
	if (cause == ENXIO)
		return refuse_kind(name);
	return error_set_system(cause, "cannot write the %s", name);
}

static iotkit_status check(int fd, const char *name, const char *path)
{
	struct stat file;

	if (fstat(fd, &file) != 0)
		return error_set_system(errno, "cannot look at the owner and mode of the %s", name);
	if (!S_ISREG(file.st_mode))
		return refuse_kind(name);
	return file_check_private(&file, S_IRWXG | S_IRWXO, name, path);
}

iotkit_status private_file_open(const struct private_file *file, const char *contents, int mode,
				int *fd_out)
{
	char name[FILE_NAME_SIZE];

	file_name(file->what, file->path, file->option, name);
	int fd = open(file->path, mode | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
	if (fd < 0)
		return explain_open(errno, name, contents);
	iotkit_status status = check(fd, name, file->path);
	if (status == IOTKIT_OK)
		*fd_out = fd;
	else
		close(fd);
	return status;
}
