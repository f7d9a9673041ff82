/* SPDX-License-Identifier: MIT
 *
 * The keys of a TLS connection, for Wireshark.
 * Source: draft-ietf-tls-keylogfile (the NSS key log format).
 */
#ifndef IOTKIT_TLS_KEYLOG_H
#define IOTKIT_TLS_KEYLOG_H

#include <mbedtls/ssl.h>

#include "iotkit.h"
#include "tls/x509/compat.h"

struct keylog {
	int fd; /* -1: off */
	struct compat_key_sink sink;
};

/* Opens the file to append to, made with mode 0600; "" is off. Fails when it
 * cannot be opened, is no plain file, or when others can read it. */
iotkit_status keylog_open(struct keylog *keylog, const char *path);
void keylog_close(struct keylog *keylog);

/* For mbedTLS: before the handshake. */
void keylog_attach(struct keylog *keylog, mbedtls_ssl_config *config, mbedtls_ssl_context *ssl);

#endif
