/* SPDX-License-Identifier: MIT */
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

static iotkit_status exists(const char *path, const char *what)
{
	char shown[FILE_PATH_SIZE];

	return error_set(IOTKIT_EEXIST,
			 "the %s file %s exists already, and nothing is overwritten: renew its "
			 "certificate, move it away, or choose another name",
			 what, file_path(path, shown));
}

iotkit_status new_file_check_absent(const char *path, const char *what)
{
	struct stat file;

	if (lstat(path, &file) == 0)
		return exists(path, what);
	return IOTKIT_OK;
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return true;
}

/* Fills the file whose name it makes from the template. */
static iotkit_status write_temporary(const struct new_file *file, char *temporary)
{
	char shown[FILE_PATH_SIZE];
	int fd = mkstemp(temporary);

	if (fd < 0 && errno == ENOENT)
		return error_set(IOTKIT_ENOENT,
				 "cannot write the %s file %s: its folder does not exist; make it "
				 "with mkdir",
				 file->what, file_path(file->path, shown));
	if (fd < 0)
		return error_set_system(errno, "cannot write the %s file %s", file->what,
					file_path(file->path, shown));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	bool written = fchmod(fd, file->secret ? 0600 : 0644) == 0 && write_all(fd, file->text) &&
		       fsync(fd) == 0;
	int cause = errno;
	if (close(fd) != 0 && written) {
		written = false;
		cause = errno;
	}
	if (written)
		return IOTKIT_OK;
	unlink(temporary);
	return error_set_system(cause, "cannot write the %s file %s", file->what,
				file_path(file->path, shown));
}

/* Without this a power failure could still undo the new name. */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int length = slash == NULL ? 0 : (int)(slash - path);

	snprintf(folder, sizeof folder, "%.*s", length, path);
	int fd = open(slash == NULL ? "."
		      : length == 0 ? "/"
				    : folder,
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Gives the finished file its name: link() fails when the name is taken. */
static iotkit_status publish(const struct new_file *file, const char *temporary)
{
	char shown[FILE_PATH_SIZE];
	int result = file->replace ? rename(temporary, file->path) : link(temporary, file->path);
	int cause = errno;

	if (!file->replace || result != 0)
		unlink(temporary);
	if (result == 0)
		sync_folder(file->path);
	else if (cause == EEXIST)
		return exists(file->path, file->what);
	else
		return error_set_system(cause, "cannot write the %s file %s", file->what,
					file_path(file->path, shown));
	return IOTKIT_OK;
}

iotkit_status new_file_write(const struct new_file *file)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", file->path);

	if (length < 0 || (size_t)length >= sizeof temporary)
		return error_set(IOTKIT_EINVAL, "the path of the %s file is longer than %d bytes",
				 file->what, PATH_MAX - 8);
	iotkit_status status = write_temporary(file, temporary);
	if (status == IOTKIT_OK)
		status = publish(file, temporary);
	return status;
}

void new_file_remove(const char *path)
{
	unlink(path);
}
