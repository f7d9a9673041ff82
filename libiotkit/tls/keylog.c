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

enum { SECRET_MAX = 64, LINE_MAX_SIZE = 256 };

iotkit_status keylog_open(struct keylog *keylog, const char *path)
{
	struct stat file;

	keylog->fd = -1;
	if (path[0] == '\0')
		return IOTKIT_OK;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return error_set_system(errno, "cannot write the key log %s (keylog.file)", path);
	if (fstat(fd, &file) != 0 || (file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		close(fd);
		return error_set(IOTKIT_EINVAL,
				 "others can read the key log %s (keylog.file): run 'chmod 600 %s'",
				 path, path);
	}
	keylog->fd = fd;
	return IOTKIT_OK;
}

void keylog_close(struct keylog *keylog)
{
	if (keylog->fd >= 0)
		close(keylog->fd);
	keylog->fd = -1;
}

static void append_hex(char *line, const unsigned char *bytes, size_t size)
{
	size_t used = strlen(line);

	for (size_t i = 0; i < size; i++)
		used += (size_t)snprintf(line + used, LINE_MAX_SIZE - used, "%02x", bytes[i]);
}

/* One line in one write(), so that lines of several processes do not mix. */
static void write_line(void *context, const char *label, const unsigned char *client_random,
		       const unsigned char *secret, size_t size)
{
	const struct keylog *keylog = context;
	char line[LINE_MAX_SIZE];

	snprintf(line, sizeof line, "%s ", label);
	append_hex(line, client_random, COMPAT_RANDOM_SIZE);
	strcat(line, " ");
	append_hex(line, secret, size <= SECRET_MAX ? size : SECRET_MAX);
	strcat(line, "\n");
	/* A log that cannot be written is no reason to stop the data. */
	ssize_t written = write(keylog->fd, line, strlen(line));
	(void)written;
	mbedtls_platform_zeroize(line, sizeof line);
}

void keylog_attach(struct keylog *keylog, mbedtls_ssl_config *config, mbedtls_ssl_context *ssl)
{
	keylog->sink = (struct compat_key_sink){.take = write_line, .context = keylog};
	if (keylog->fd >= 0)
		compat_export_keys(&keylog->sink, config, ssl);
}
