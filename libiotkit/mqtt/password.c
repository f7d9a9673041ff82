/* SPDX-License-Identifier: MIT */
#include "mqtt/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static iotkit_status check_file(int fd, const char *path)
{
	struct stat file;

	if (fstat(fd, &file) != 0)
		return error_set_system(errno, "cannot read the password file %s", path);
	if (!S_ISREG(file.st_mode))
		return error_set(IOTKIT_EINVAL, "the password file %s is not a file", path);
	if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return error_set(IOTKIT_EINVAL,
				 "others can read the password file %s: run 'chmod 600 %s'", path,
				 path);
	return IOTKIT_OK;
}

static iotkit_status read_line(int fd, const char *path, char *password, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, password + used, size - used)) > 0 && used + (size_t)n < size)
		used += (size_t)n;
	if (n < 0)
		return error_set_system(errno, "cannot read the password file %s", path);
	password[n > 0 ? size - 1 : used] = '\0';
	password[strcspn(password, "\r\n")] = '\0';
	if (strlen(password) == size - 1)
		return error_set(IOTKIT_EINVAL, "the password in %s is longer than %zu bytes", path,
				 size - 2);
	if (password[0] == '\0')
		return error_set(IOTKIT_EINVAL, "the password file %s is empty", path);
	return IOTKIT_OK;
}

iotkit_status password_read(const char *path, char *password, size_t size)
{
	/* O_NONBLOCK: of a FIFO it would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return error_set(IOTKIT_ENOENT,
				 "there is no password file %s; mqtt.password_file names it", path);
	if (fd < 0)
		return error_set_system(errno, "cannot open the password file %s", path);
	iotkit_status status = check_file(fd, path);
	if (status == IOTKIT_OK)
		status = read_line(fd, path, password, size);
	close(fd);
	return status;
}
