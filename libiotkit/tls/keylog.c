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
#include "x509/compat.h"

enum { RANDOM_SIZE = 32, MASTER_SIZE = 48, SECRET_MAX = 64, LINE_MAX_SIZE = 256 };

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
static void write_line(const struct keylog *keylog, const char *label, const unsigned char *random,
		       const unsigned char *secret, size_t secret_size)
{
	char line[LINE_MAX_SIZE];

	snprintf(line, sizeof line, "%s ", label);
	append_hex(line, random, RANDOM_SIZE);
	strcat(line, " ");
	append_hex(line, secret, secret_size <= SECRET_MAX ? secret_size : SECRET_MAX);
	strcat(line, "\n");
	/* A log that cannot be written is no reason to stop the data. */
	ssize_t written = write(keylog->fd, line, strlen(line));
	(void)written;
	mbedtls_platform_zeroize(line, sizeof line);
}

#if COMPAT_MBEDTLS_3

static const char *label_of(mbedtls_ssl_key_export_type type)
{
	switch (type) {
	case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
		return "CLIENT_RANDOM";
#if COMPAT_TLS_1_3
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
		return "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
		return "SERVER_HANDSHAKE_TRAFFIC_SECRET";
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
		return "CLIENT_TRAFFIC_SECRET_0";
	case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
		return "SERVER_TRAFFIC_SECRET_0";
#endif
	default:
		return NULL;
	}
}

static void on_keys(void *context, mbedtls_ssl_key_export_type type, const unsigned char *secret,
		    size_t secret_size, const unsigned char client_random[RANDOM_SIZE],
		    const unsigned char server_random[RANDOM_SIZE], mbedtls_tls_prf_types prf)
{
	const char *label = label_of(type);

	(void)server_random;
	(void)prf;
	if (label != NULL)
		write_line(context, label, client_random, secret, secret_size);
}

void keylog_attach(struct keylog *keylog, mbedtls_ssl_config *config, mbedtls_ssl_context *ssl)
{
	(void)config;
	if (keylog->fd >= 0)
		mbedtls_ssl_set_export_keys_cb(ssl, on_keys, keylog);
}

#else

static int on_keys(void *context, const unsigned char *master, const unsigned char *block,
		   size_t mac_size, size_t key_size, size_t iv_size,
		   const unsigned char client_random[RANDOM_SIZE],
		   const unsigned char server_random[RANDOM_SIZE], mbedtls_tls_prf_types prf)
{
	(void)block;
	(void)mac_size;
	(void)key_size;
	(void)iv_size;
	(void)server_random;
	(void)prf;
	write_line(context, "CLIENT_RANDOM", client_random, master, MASTER_SIZE);
	return 0;
}

void keylog_attach(struct keylog *keylog, mbedtls_ssl_config *config, mbedtls_ssl_context *ssl)
{
	(void)ssl;
	if (keylog->fd >= 0)
		mbedtls_ssl_conf_export_keys_ext_cb(config, on_keys, keylog);
}

#endif
