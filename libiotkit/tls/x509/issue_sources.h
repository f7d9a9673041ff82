/* SPDX-License-Identifier: MIT
 *
 * What a new certificate is made from: the CA that signs it, and when one is
 * renewed, that one and its key.
 */
#ifndef IOTKIT_TLS_X509_ISSUE_SOURCES_H
#define IOTKIT_TLS_X509_ISSUE_SOURCES_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdint.h>

#include "iotkit.h"
#include "tls/x509/facts.h"

struct issue_sources {
	int64_t now; /* seconds since 1970-01-01 UTC */
	mbedtls_x509_crt old; /* to be renewed; else empty */
	mbedtls_pk_context key; /* the certificate's own; still empty for a new one */
	mbedtls_x509_crt ca; /* empty when a CA is made, which signs itself */
	mbedtls_pk_context ca_key;
	struct facts ca_facts;
};

void issue_sources_init(struct issue_sources *sources);
void issue_sources_free(struct issue_sources *sources);

/* Read the files that the request names, and refuse those that do not fit. */
iotkit_status issue_sources_read_old(const iotkit_certificate_request *request,
				     struct issue_sources *sources);
iotkit_status issue_sources_read_ca(const iotkit_certificate_request *request,
				    struct issue_sources *sources);

/* "mbedTLS cannot ...: its own words"; returns IOTKIT_ETLS, or IOTKIT_ENOMEM. */
iotkit_status issue_failed(int code, const char *what);

#endif
