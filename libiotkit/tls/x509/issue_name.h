/* SPDX-License-Identifier: MIT
 *
 * Distinguished names of certificates in the making. They are put together here,
 * since mbedTLS's parser of "CN=..." texts knows no way to write some characters.
 * Source: RFC 5280 section 4.1.2.4 and appendix A.1 (its upper bounds).
 */
#ifndef IOTKIT_TLS_X509_ISSUE_NAME_H
#define IOTKIT_TLS_X509_ISSUE_NAME_H

#include <mbedtls/x509.h>

#include "iotkit.h"

iotkit_status issue_name_check(const char *common_name);

/* Each adds to a list that is the writer's, who frees it; 0 or mbedTLS's code. */
int issue_name_set(mbedtls_asn1_named_data **list, const char *common_name);
int issue_name_copy(mbedtls_asn1_named_data **list, const mbedtls_x509_name *name);

#endif
