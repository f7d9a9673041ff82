/* SPDX-License-Identifier: MIT
 *
 * Certificates, revocation lists and keys in words.
 */
#ifndef IOTKIT_TLS_X509_DESCRIBE_H
#define IOTKIT_TLS_X509_DESCRIBE_H

#include <mbedtls/x509_crt.h>

#include "base/buffer.h"
#include "iotkit.h"

/* Whatever is in the file, one after the other. Never prints a private key. */
iotkit_status describe_file(const char *path, struct buffer *out);

iotkit_status describe_certificate(const mbedtls_x509_crt *certificate, struct buffer *out);

#endif
