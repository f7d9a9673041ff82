/* SPDX-License-Identifier: MIT
 *
 * The percent-encoding of URIs. Source: RFC 3986 section 2.1.
 */
#ifndef IOTKIT_BASE_PERCENT_H
#define IOTKIT_BASE_PERCENT_H

#include <stddef.h>

#include "iotkit.h"

/* A decoded copy of size bytes, to be freed. IOTKIT_EINVAL for a '%' without
 * two hexadecimal digits, or for an encoded NUL. */
iotkit_status percent_decode(const char *text, size_t size, char **out);

#endif
