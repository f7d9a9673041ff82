/* SPDX-License-Identifier: MIT
 *
 * Certificates in files, PEM or DER.
 */
#ifndef IOTKIT_TLS_X509_CERTIFICATE_FILE_H
#define IOTKIT_TLS_X509_CERTIFICATE_FILE_H

#include <mbedtls/x509_crt.h>

#include "iotkit.h"

enum { CERTIFICATE_FILE_MAX = 4 * 1024 * 1024 };

/* What a file is called in sentences, and which option names it ("": none). */
struct certificate_file {
	const char *what; /* as "CA file" */
	const char *option; /* as "tls.ca_file" */
	const char *path;
};

/* Adds all certificates of the file to the chain, but for those that it has; there is
 * one at least in the file. Fails with
 * the statuses of file_read(), or with IOTKIT_EINVAL if any of them cannot be read. */
iotkit_status certificate_file_read(const struct certificate_file *file, mbedtls_x509_crt *chain);

/* The same, but fails only if none can be read. */
iotkit_status certificate_file_read_good(const struct certificate_file *file,
					 mbedtls_x509_crt *chain);

#endif
