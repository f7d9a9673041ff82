/* SPDX-License-Identifier: MIT
 *
 * The names that a certificate is for: subjectAltName.
 * Sources: RFC 5280 section 4.2.1.6; RFC 1123 section 2.1 for host names;
 * RFC 6125 section 6.4.3 for wildcards.
 */
#ifndef IOTKIT_TLS_X509_ALT_NAMES_H
#define IOTKIT_TLS_X509_ALT_NAMES_H

#include <mbedtls/x509_crt.h>

#include "base/buffer.h"
#include "iotkit.h"

enum { ALT_NAMES_MAX = 64 };

struct alt_names {
	struct buffer der; /* the entries, one after the other */
	size_t count;
};

void alt_names_init(struct alt_names *names);
void alt_names_free(struct alt_names *names);

/* Adds a host name or an IP address, unless it is there already. */
iotkit_status alt_names_add(struct alt_names *names, const char *text);

/* Adds several with commas between; blanks around them do not count. */
iotkit_status alt_names_add_list(struct alt_names *names, const char *list);

/* Adds all that a certificate has, of whatever kind. */
iotkit_status alt_names_copy(struct alt_names *names, const mbedtls_x509_crt *certificate);

/* Gives them to a certificate in the making, if there are any; 0 or mbedTLS's code. */
int alt_names_write(const struct alt_names *names, mbedtls_x509write_cert *writer);

#endif
