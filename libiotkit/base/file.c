/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret.h"

static bool is_within_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

const char *file_path(const char *path, char text[FILE_PATH_SIZE])
{
	static const char gap[] = "...";
	size_t size = strlen(path);
	size_t end = (FILE_PATH_SIZE - sizeof gap) / 2;

	if (size < FILE_PATH_SIZE) {
		memcpy(text, path, size + 1);
		return text;
	}
	const char *tail = path + size - end;
	while (is_within_character(*tail))
		tail++;
	while (end > 0 && is_within_character(path[end]))
		end--;
	snprintf(text, FILE_PATH_SIZE, "%.*s%s%s", (int)end, path, gap, tail);
	return text;
}

void file_name(const char *what, const char *path, const char *option, char text[FILE_NAME_SIZE])
{
	char shown[FILE_PATH_SIZE];

	if (option[0] == '\0')
		snprintf(text, FILE_NAME_SIZE, "%s %s", what, file_path(path, shown));
	else
		snprintf(text, FILE_NAME_SIZE, "%s %s (%s)", what, file_path(path, shown), option);
}

static iotkit_status open_file(const char *path, const char *name, int *fd_out)
{
	/* O_NONBLOCK: of a FIFO it would wait for a writer. */
	*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd_out >= 0)
		return IOTKIT_OK;
	if (errno == ENOENT)
		return error_set(IOTKIT_ENOENT, "there is no %s", name);
	if (errno == EACCES)
		return error_set(IOTKIT_ESYSTEM,
				 "this program's user may not read the %s: permission denied; "
				 "change its owner, or its mode and that of its folders",
				 name);
	return error_set_system(errno, "cannot open the %s", name);
}

iotkit_status file_check_private(const struct stat *status, mode_t refused, const char *name,
				 const char *path)
{
	char shown[FILE_PATH_SIZE];
	uid_t user = geteuid();

	if (status->st_uid != user && status->st_uid != 0)
		return error_set(IOTKIT_EINVAL,
				 "the %s belongs to another user (uid %u), who can read and change "
				 "it: as root, run 'chown %u %s'",
				 name, (unsigned int)status->st_uid, (unsigned int)user,
				 file_path(path, shown));
	if ((status->st_mode & refused) != 0)
		return error_set(IOTKIT_EINVAL, "others can read the %s: run 'chmod 600 %s'", name,
				 file_path(path, shown));
	return IOTKIT_OK;
}

static iotkit_status check(int fd, const struct file *file, const char *name, size_t *size)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return error_set_system(errno, "cannot read the %s", name);
	if (!S_ISREG(status.st_mode))
		return error_set(IOTKIT_EINVAL, "the %s is not a file", name);
	if (file->refused != 0 &&
	    file_check_private(&status, file->refused, name, file->path) != IOTKIT_OK)
		return IOTKIT_EINVAL;
	if (status.st_size == 0)
		return error_set(IOTKIT_EINVAL, "the %s is empty", name);
	if ((uintmax_t)status.st_size > file->size_max)
		return error_set(IOTKIT_EINVAL,
				 "the %s has more than %zu bytes: is it the right one?", name,
				 file->size_max);
	*size = (size_t)status.st_size;
	return IOTKIT_OK;
}

/* A file that grows meanwhile is cut, one that shrinks is as short as it is. */
static iotkit_status read_bytes(int fd, const char *name, char *bytes, size_t *size)
{
	size_t used = 0;
	ssize_t n = 1;

	while (used < *size && n > 0) {
		n = read(fd, bytes + used, *size - used);
		if (n < 0)
			return error_set_system(errno, "cannot read the %s", name);
		used += (size_t)n;
	}
	*size = used;
	return IOTKIT_OK;
}

static iotkit_status read_open(int fd, const struct file *file, const char *name, char **bytes_out,
			       size_t *size_out)
{
	size_t size = 0;
	iotkit_status status = check(fd, file, name, &size);

	if (status != IOTKIT_OK)
		return status;
	char *bytes = secret_alloc(size + 1);
	if (bytes == NULL)
		return error_set_no_memory();
	status = read_bytes(fd, name, bytes, &size);
	if (status != IOTKIT_OK) {
		secret_free(bytes);
		return status;
	}
	*bytes_out = bytes;
	*size_out = size;
	return IOTKIT_OK;
}

iotkit_status file_read(const struct file *file, char **bytes_out, size_t *size_out)
{
	char name[FILE_NAME_SIZE];
	int fd;

	file_name(file->what, file->path, file->option, name);
	iotkit_status status = open_file(file->path, name, &fd);
	if (status != IOTKIT_OK)
		return status;
	status = read_open(fd, file, name, bytes_out, size_out);
	close(fd);
	return status;
}
