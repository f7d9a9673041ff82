/* SPDX-License-Identifier: MIT */
#include "tls/keylog.h"

#include <fcntl.h>
#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/private_file.h"

enum { SECRET_MAX = 64, LINE_MAX_SIZE = 256 };

iotkit_status keylog_open(struct keylog *keylog, const char *path)
{
	const struct private_file file = {.what = "key log", .option = "keylog.file", .path = path};

	keylog->fd = -1;
	if (path[0] == '\0')
		return IOTKIT_OK;
	return private_file_open(&file, "keys", O_WRONLY | O_APPEND, &keylog->fd);
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
