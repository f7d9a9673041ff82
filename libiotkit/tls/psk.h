/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys. Source: RFC 4279.
 */
#ifndef IOTKIT_TLS_PSK_H
#define IOTKIT_TLS_PSK_H

#include <stddef.h>

#include "iotkit.h"
#include "tls/credentials.h"

/* The key in secret memory, for secret_free(). */
iotkit_status psk_load(const char *path, unsigned char **psk_out, size_t *size_out);

/* From a line of hexadecimal digits, with spaces around them; the name is of the
 * file, for sentences, which never quote the line. */
iotkit_status psk_parse(const char *line, const char *name, unsigned char psk[PSK_MAX],
			size_t *size);

#endif
