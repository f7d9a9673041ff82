/* SPDX-License-Identifier: MIT */
#include "tls/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"

enum { SECRET_MAX = 64, LINE_MAX_SIZE = 256 };

static iotkit_status refuse_kind(const char *name)
{
	return error_set(IOTKIT_EINVAL,
			 "the %s is not a file: name one, or a path where there is nothing yet",
			 name);
}

static iotkit_status explain_open(int cause, const char *name)
{
	if (cause == ELOOP)
		return error_set(IOTKIT_EINVAL,
				 "the %s is a symbolic link, which could lead the keys to where "
				 "others read them: name the file itself",
				 name);
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

iotkit_status keylog_open(struct keylog *keylog, const char *path)
{
	char name[FILE_NAME_SIZE];

	keylog->fd = -1;
	if (path[0] == '\0')
		return IOTKIT_OK;
	file_name("key log", path, "keylog.file", name);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW,
		      0600);
	if (fd < 0)
		return explain_open(errno, name);
	iotkit_status status = check(fd, name, path);
	if (status == IOTKIT_OK)
		keylog->fd = fd;
	else
		close(fd);
	return status;
}

void keylog_close(struct keylog *keylog)
{
	if (keylog->fd >= 0)
		close(keylog->fd);
	keylog->fd = -1;
}

/* One line in one write(), so that lines of several processes do not mix. */
static void write_line(void *context, const char *label, const unsigned char *client_random,
		       const unsigned char *secret, size_t size)
{
	const struct keylog *keylog = context;
	char random[2 * COMPAT_RANDOM_SIZE + 1];
	char digits[2 * SECRET_MAX + 1];
	char line[LINE_MAX_SIZE];

	hex_encode(client_random, COMPAT_RANDOM_SIZE, random);
	hex_encode(secret, size <= SECRET_MAX ? size : SECRET_MAX, digits);
	snprintf(line, sizeof line, "%s %s %s\n", label, random, digits);
	/* A log that cannot be written is no reason to stop the data. */
	ssize_t written = write(keylog->fd, line, strlen(line));
	(void)written;
	mbedtls_platform_zeroize(digits, sizeof digits);
	mbedtls_platform_zeroize(line, sizeof line);
}

void keylog_attach(struct keylog *keylog, mbedtls_ssl_config *config, mbedtls_ssl_context *ssl)
{
	keylog->sink = (struct compat_key_sink){.take = write_line, .context = keylog};
	if (keylog->fd >= 0)
		compat_export_keys(&keylog->sink, config, ssl);
}
